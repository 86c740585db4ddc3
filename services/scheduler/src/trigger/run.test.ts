import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeClock, testPorts } from '../test-ports.ts';
import { runTrigger } from './run.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
type Answer = { status: number; body?: string; headers?: Record<string, string> } | 'hang up' | 'silence';

let folder: string;
let operator: Server;
let host: string;
let seen: Seen[];
let answers: (Answer | ((request: Seen) => Answer))[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kso-trigger-'));
  seen = [];
  answers = [];
  operator = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() };
      seen.push(one);
      const next = answers.shift() ?? { status: 200, body: 'ok' };
      const answer = typeof next === 'function' ? next(one) : next;
      if (answer === 'hang up') request.socket.destroy();
      else if (answer !== 'silence') response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => operator.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(operator.address() as AddressInfo).port}`;
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  operator.closeAllConnections();
  await new Promise((resolve) => operator.close(resolve));
});

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function trigger(argv: string[], env: Record<string, string> = {}, signal?: AbortSignal) {
  const clock = fakeClock(Date.parse('2026-11-30T08:00:00Z'));
  const base = testPorts(clock);
  const out: string[] = [];
  const complaints: string[] = [];
  const code = await runTrigger(argv, {
    ...base,
    env,
    print: (line) => out.push(line),
    complain: (line) => complaints.push(line),
    ...(signal === undefined ? {} : { signal }),
  });
  return { code, out, complaints, slept: clock.slept, lines: base.lines };
}

const body = '{"commands":[{"commandName":"kubescapeScan","args":{"scanV1":{}}}]}';

describe('a request', () => {
  it('is sent as the charts ask for it', async () => {
    const argv = ['-method=post', '-scheme=http', `-host=${host}`, '-path=v1/triggerAction'];
    const pathBody = file('request-body.json', `${body}\n`);
    const { code, out } = await trigger([...argv, '-headers=Content-Type:application/json', `-path-body=${pathBody}`]);
    expect([code, out]).toEqual([0, ['response: ok']]);
    expect(seen).toMatchObject([
      { method: 'POST', url: '/v1/triggerAction', body, headers: { 'content-type': 'application/json' } },
    ]);
    expect(seen[0]?.headers.authorization).toBeUndefined();
  });

  it('logs the ids of the jobs that it became', async () => {
    answers = [{ status: 200, body: 'ok', headers: { 'x-kso-job-ids': 'job-1,job-2' } }];
    const { lines } = await trigger([`-host=${host}`, '-body={}']);
    expect(lines).toContainEqual(
      expect.objectContaining({ msg: 'request accepted', jobId: 'job-1', otherJobIds: ['job-2'] }),
    );
  });

  it('carries the token of a file, never shows it, and reads it again when it is rejected', async () => {
    const tokenFile = file('token', 'old-hunter2\n');
    answers = [
      () => {
        writeFileSync(tokenFile, 'new-hunter2\n');
        return { status: 401, body: 'token expired' };
      },
    ];
    const result = await trigger([`-host=${host}`, `-token-file=${tokenFile}`, '-body={}']);
    expect(result.code).toBe(0);
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer old-hunter2', 'Bearer new-hunter2']);
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });

  it('writes the answer to a file', async () => {
    answers = [{ status: 200, body: '{"version":"v2"}' }];
    const pathOutput = join(folder, 'out.json');
    const argv = ['-method=GET', `-host=${host}`, '-path=api/v2/servicediscovery', `-path-output=${pathOutput}`];
    expect((await trigger(argv)).code).toBe(0);
    expect(readFileSync(pathOutput, 'utf8')).toBe('{"version":"v2"}');
  });

  it('is sent only where the answer can be written', async () => {
    const { code, complaints } = await trigger([`-host=${host}`, '-body={}', `-path-output=${folder}/none/out.json`]);
    expect([code, seen.length]).toEqual([2, 0]);
    expect(complaints.join('')).toContain('the answer cannot be written');
  });
});

describe('retries', () => {
  it('pods of one run of a CronJob send one request under one key, other runs under another', async () => {
    const keyFrom = async (pod: string, body: string) => {
      answers = [{ status: 200 }];
      await trigger([`-host=${host}`, `-body=${body}`], { HOSTNAME: pod });
      return seen.at(-1)?.headers['idempotency-key'];
    };
    const first = await keyFrom('kubevuln-scheduler-29410560-abcde', '{}');
    expect(await keyFrom('kubevuln-scheduler-29410560-zzzzz', '{}')).toBe(first);
    expect(await keyFrom('kubevuln-scheduler-29410561-abcde', '{}')).not.toBe(first);
    expect(await keyFrom('kubevuln-scheduler-29410560-abcde', '{"a":1}')).not.toBe(first);
    expect(await keyFrom('laptop', '{}')).not.toBe(await keyFrom('laptop', '{}'));
  });

  it('what may succeed later is tried again, under the same idempotency key', async () => {
    answers = [{ status: 503 }, 'hang up', { status: 429, headers: { 'retry-after': '7' } }, { status: 502 }];
    const { code, slept, lines } = await trigger([`-host=${host}`, '-body={}']);
    expect(code).toBe(0);
    expect(seen).toHaveLength(5);
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(slept).toHaveLength(4);
    expect(slept[2]).toBeGreaterThanOrEqual(7000);
    expect(lines.filter((line) => line['msg'] === 'not delivered, trying again')).toHaveLength(4);
  });

  it.each([400, 401, 403, 404, 500])('%i is an answer: exit 1 at once, with the reason', async (status) => {
    answers = [{ status, body: `no: ${'x'.repeat(5000)}` }];
    const { code, complaints } = await trigger([`-host=${host}`, '-body={}']);
    expect([code, seen.length]).toEqual([1, 1]);
    expect(complaints[0]).toContain(`refused with status ${status}: no: xxx`);
    expect(complaints[0]?.length).toBeLessThan(1100);
  });

  it('ends with 3 when nobody answers, after the configured attempts', async () => {
    const { code, complaints, slept } = await trigger(['-host=127.0.0.1:1', '-body={}'], { KSO_TRIGGER_ATTEMPTS: '3' });
    expect([code, slept.length]).toEqual([3, 2]);
    expect(complaints[0]).toContain('not delivered to 127.0.0.1:1: ');
  });

  it('an operator that takes the request and says nothing is a time-out', async () => {
    answers = ['silence'];
    const { code, complaints } = await trigger([`-host=${host}`, '-body={}', '-timeout=50ms'], {
      KSO_TRIGGER_ATTEMPTS: '1',
    });
    expect([code, complaints[0]]).toEqual([3, `not delivered to ${host}: time-out`]);
  });

  it('an answer cannot command the terminal', async () => {
    answers = [{ status: 200, body: 'a\u001B[2Jb\r\nc' }];
    expect((await trigger([`-host=${host}`, '-body={}'])).out).toEqual(['response: a [2Jb c']);
  });

  it('an endless answer is not read to its end', async () => {
    answers = [{ status: 200, body: 'y'.repeat(5_000_000) }];
    const { code, out } = await trigger([`-host=${host}`, '-body={}']);
    expect([code, out[0]?.length]).toEqual([0, 1034]);
  });

  it('the budget ends it', async () => {
    answers = Array.from({ length: 8 }, () => ({ status: 429, headers: { 'retry-after': '3600' } }));
    const { code, slept } = await trigger([`-host=${host}`, '-body={}'], { KSO_TRIGGER_BUDGET: '90s' });
    expect(code).toBe(3);
    expect(slept).toHaveLength(1);
  });

  it('a missing token file is tried again too: the kubelet may be late', async () => {
    const { code, complaints } = await trigger([`-host=${host}`, '-body={}', `-token-file=${folder}/none`]);
    expect([code, seen.length]).toEqual([3, 0]);
    expect(complaints[0]).toContain(`no token can be read from ${folder}/none`);
  });

  it('stops at once when it is interrupted', async () => {
    const controller = new AbortController();
    answers = [
      () => {
        controller.abort();
        return 'silence';
      },
    ];
    expect((await trigger([`-host=${host}`, '-body={}'], {}, controller.signal)).code).toBe(143);
  });
});

describe('mistakes', () => {
  it.each([
    [['-hots=x'], 2, 'unknown flag -hots'],
    [['-host=operator:4002', '-path-body=/none'], 2, 'request body: /none does not exist'],
    [[], 78, 'host: say where to send it'],
    [['-host=operator:4002', '-method=PATCH'], 78, 'method: Invalid option'],
    [['-host=user:pw@operator'], 78, 'host: expected a host'],
    [['-host=operator', '-timeout=5'], 78, 'timeout: not a duration'],
  ])('%j: exit %i', async (argv, code, problem) => {
    const result = await trigger(argv);
    expect([result.code, result.complaints.join('\n').includes(problem)]).toEqual([code, true]);
    expect(seen).toEqual([]);
  });

  it('help is help', async () => {
    const { code, out } = await trigger(['-help']);
    expect([code, out[0]?.startsWith('usage: trigger')]).toEqual([0, true]);
  });
});

it('the program itself', async () => {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const run = (argv: string[], more: Record<string, string> = {}) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      const env = { PATH: process.env['PATH'], KSO_LOG_LEVEL: 'silent', KSO_TRIGGER_ATTEMPTS: '1', ...more };
      execFile(process.execPath, [main, ...argv], { env }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });
  answers = [
    { status: 200, body: 'ok' },
    { status: 403, body: 'not you' },
  ];
  expect(await run([`-host=${host}`, `-body=${body}`])).toEqual({ code: 0, stdout: 'response: ok\n', stderr: '' });
  expect(await run([`-host=${host}`, `-body=${body}`])).toMatchObject({
    code: 1,
    stderr: 'refused with status 403: not you\n',
  });
  // It lives on while it waits, although nothing else is open then.
  expect(
    await run(['-host=127.0.0.1:1', '-body={}'], { KSO_TRIGGER_ATTEMPTS: '3', KSO_TRIGGER_BACKOFF_MIN: '10ms' }),
  ).toMatchObject({ code: 3, stderr: expect.stringContaining('not delivered to 127.0.0.1:1') });
});
