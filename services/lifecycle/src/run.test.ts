import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exitCodes, runLifecycle } from './run.ts';

/** Time that passes by sleeping. */
function testPorts() {
  let now = 0;
  const printed: string[] = [];
  const complaints: string[] = [];
  const clock = {
    now: () => now,
    sleep: (ms: number) => {
      now += ms;
      return Promise.resolve();
    },
  };
  const ports = {
    env: {},
    clock,
    print: (line: string) => void printed.push(line),
    complain: (line: string) => void complaints.push(line),
  };
  return { ports, printed, complaints };
}

async function answering(...statuses: number[]): Promise<string> {
  const last = statuses.at(-1) ?? 200;
  const server = createServer((_request, response) =>
    response.writeHead(statuses.shift() ?? last).end('all\u001b[2J well\nmore'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`;
}

describe('the command line', () => {
  it.each([
    [],
    ['make-everything'],
    ['make-secret'],
    ['make-secret', '--secret', 'a'],
    ['make-secret', '--random', 'password'],
    ['make-secret', '--secret', 'a', '--value', 'account'],
    ['make-secret', '--secret', 'a', '--password=hunter2'],
    ['redis-acl', '--out', '/tmp/x'],
    ['restart'],
    ['check'],
    ['check', '--http', 'operator=ftp://operator'],
    ['check', '--wait', 'long', '--http', 'a=http://a'],
  ])('is explained and nothing is done: %j', async (...argv) => {
    const { ports, complaints, printed } = testPorts();
    expect(await runLifecycle(argv as string[], ports)).toBe(exitCodes.usage);
    expect(complaints.join('\n')).toContain('usage:');
    expect(complaints.join('\n')).not.toContain('hunter2');
    expect(printed).toEqual([]);
  });

  it('ends with another code when the cluster cannot be found', async () => {
    const { ports, complaints } = testPorts();
    const argv = ['make-secret', '--secret', 'a', '--random', 'b'];
    const env = { KUBECONFIG: '/nowhere/kubeconfig' };
    expect(await runLifecycle(argv, { ...ports, env })).toBe(exitCodes.broken);
    expect(complaints).toHaveLength(1);
  });
});

describe('redis-acl', () => {
  it('writes the hash of the password and not the password', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kso-acl-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'password');
    const out = path.join(folder, 'users.acl');
    writeFileSync(file, 'secret\n');
    const { ports } = testPorts();
    expect(await runLifecycle(['redis-acl', '--password-file', file, '--out', out], ports)).toBe(exitCodes.done);
    // printf secret | sha256sum
    expect(readFileSync(out, 'utf8')).toBe(
      'user default on #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b ~* &* +@all\n',
    );
  });
});

describe('check', () => {
  it('waits for what is not ready yet, and prints one line for each', async () => {
    const { ports, printed } = testPorts();
    const argv = [
      'check',
      `--http=operator=${await answering(503, 503, 200)}`,
      `--http=gateway=${await answering(200)}`,
    ];
    expect(await runLifecycle(argv, ports)).toBe(exitCodes.done);
    expect(printed.toSorted()).toEqual([
      expect.stringMatching(/^ok {3}gateway http.* 200 all\?\[2J well$/),
      expect.stringMatching(/^ok {3}operator http.* 200 all\?\[2J well$/),
    ]);
  });

  it('fails when one does not answer in time', async () => {
    const { ports, printed } = testPorts();
    const argv = ['check', '--wait=6', `--http=kubevuln=${await answering(503)}`, `--http=ok=${await answering(200)}`];
    expect(await runLifecycle(argv, ports)).toBe(exitCodes.failed);
    expect(printed.toSorted()[0]).toMatch(/^FAIL kubevuln .* 503 /);
  });

  it('shows the token at a handshake', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'kso-token-')), 'token');
    writeFileSync(file, 't0ken\n');
    let shown: string | undefined;
    const server = createServer().on('upgrade', (request, socket) => {
      shown = request.headers.authorization;
      socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { ports, printed } = testPorts();
    const args = ['check', '--wait=0', `--token-file=${file}`, `--websocket=gateway=${url}`];
    expect(await runLifecycle(args, ports)).toBe(exitCodes.failed);
    expect(shown).toBe('Bearer t0ken');
    expect(printed.join()).not.toContain('t0ken');
  });

  it('fails when a websocket is refused', async () => {
    const { ports, printed } = testPorts();
    const url = (await answering(426)).replace('http', 'ws');
    expect(await runLifecycle(['check', '--wait=0', `--websocket=gateway=${url}`], ports)).toBe(exitCodes.failed);
    expect(printed).toEqual([expect.stringMatching(/^FAIL gateway ws.*: refused$/)]);
  });
});
