import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FakeApiServer, startFakeApiServer } from '@kso/kube/testing';
import { freePort } from '@kso/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ownEnvironment, type RunOptions, runKso } from './support/kso.ts';

let folder: string;
let cluster: FakeApiServer;
let api: Server;
const taken: { route: string; body: unknown }[] = [];
let status = 200;
/** Answers 503 so many times first. */
let failures = 0;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'kso-inventory-cli-'));
  cluster = await startFakeApiServer();
  cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', uid: 'n' } });
  const containerStatuses = [
    { name: 'c', image: 'nginx:1.27', imageID: `nginx@sha256:${'a'.repeat(64)}`, containerID: 'x://1' },
  ];
  cluster.put({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', uid: 'p' },
    spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] },
    status: { phase: 'Running', containerStatuses },
  });
  const context = { cluster: 'c', user: '' };
  const kubeconfig = {
    'current-context': 'test',
    contexts: [{ name: 'test', context }],
    clusters: [{ name: 'c', cluster: { server: cluster.url } }],
    users: [],
  };
  writeFileSync(path.join(folder, 'kubeconfig'), JSON.stringify(kubeconfig));
  api = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      const text = Buffer.concat(chunks).toString();
      taken.push({ route: `${request.method} ${request.url}`, body: text === '' ? undefined : JSON.parse(text) });
      const version = { service: { version: '5.0.0' }, api: { version: '2' } };
      const isBusy = failures > 0;
      if (isBusy) failures -= 1;
      // The connection is closed, so that nothing but the waiting keeps the program alive.
      response
        .writeHead(isBusy ? 503 : status, { connection: 'close' })
        .end(JSON.stringify(request.url === '/version' ? version : {}));
    });
  });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
});

afterAll(async () => {
  await cluster.stop();
  api.closeAllConnections();
  api.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  taken.length = 0;
  status = 200;
  failures = 0;
});

function inventory(args: readonly string[], { env, ...rest }: RunOptions = {}) {
  const all = ['inventory', '-k', 'kubeconfig', ...args];
  return runKso(all, { env: { ...ownEnvironment(folder), ...env }, cwd: folder, ...rest });
}

const configured = (): NodeJS.ProcessEnv => ({
  KAI_ANCHORE_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
  KAI_ANCHORE_USER: 'robot',
  KAI_ANCHORE_PASSWORD: 'hunter2',
});

describe('kso inventory', () => {
  it('prints a table', async () => {
    const run = await inventory(['-o', 'table', '-q']);
    const hash = `sha256:${'a'.repeat(64)}`;
    expect(run).toEqual({
      code: 0,
      stderr: '',
      stdout: `IMAGE TAG   ${'REPO DIGEST'.padEnd(71)}  NAMESPACE\nnginx:1.27  ${hash}  shop\n`,
    });
  });

  it('writes a file at a site without a connection, to be uploaded later', async () => {
    for (const [format, route] of [
      ['kai', 'POST /v1/enterprise/inventories'],
      ['k8s-inventory', 'POST /v2/kubernetes-inventory'],
    ] as const) {
      taken.length = 0;
      const file = path.join(folder, `${format}.json`);
      expect(await inventory(['--format', format, '--out-file', file])).toMatchObject({ code: 0, stdout: '' });
      expect(await inventory(['--upload', file], { env: configured() })).toMatchObject({ code: 0 });
      expect(taken).toEqual([{ route, body: expect.objectContaining({ cluster_name: 'test' }) }]);
    }
    writeFileSync(path.join(folder, 'other.json'), '{}');
    expect(await inventory(['--upload', 'other.json'], { env: configured() })).toMatchObject({ code: 2 });
  });

  it('fails when a report is not taken, and shows no password', async () => {
    status = 401;
    const run = await inventory(['-vv'], { env: configured() });
    expect(run).toMatchObject({ code: 3, stdout: '' });
    expect(run.stderr).toContain('an inventory report was not taken');
    expect(run.stderr).not.toContain('hunter2');
  });

  it('waits for an API that is busy, with one report and with an upload', async () => {
    failures = 1;
    expect(await inventory(['--out-file', 'busy.json'], { env: configured() })).toMatchObject({ code: 0 });
    expect(taken).toHaveLength(2);
    failures = 1;
    expect(await inventory(['--upload', 'busy.json'], { env: configured() })).toMatchObject({ code: 0 });
    expect(taken).toHaveLength(4);
  });

  it('sends nothing with --dry-run, and prints what is sent with -i', async () => {
    const dry = await inventory(['--dry-run'], { env: configured() });
    expect(dry.stdout).toContain('nginx:1.27');
    expect(dry.stderr).not.toContain('no API is configured');
    expect(taken).toEqual([]);
    expect((await inventory(['-i'], { env: configured() })).stdout).toContain('nginx:1.27');
    expect(taken).toHaveLength(1);
  });

  it.each([
    ['a pattern that is none', [], { KAI_NAMESPACE_SELECTORS_EXCLUDE: '^(' }, 'not a regular expression'],
    ['-v with log.level', ['-v'], { KAI_LOG_LEVEL: 'debug' }, 'not together with -v'],
    ['a health interval of 10 s', [], { KAI_HEALTH_REPORT_INTERVAL_SECONDS: '10' }, 'health-report-interval-seconds'],
    ['an unknown mode', [], { KAI_MODE: 'sometimes' }, 'mode'],
    ['an argument', ['shop'], {}, 'too many arguments'],
    ['a file that is not there', ['-c', 'nowhere.yaml'], {}, 'no such file'],
  ])('refuses %s (acceptance 3, 5)', async (_what, args, env, message) => {
    const run = await inventory(args, { env });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(message);
  });

  it('reports until it is told to stop, and is ready meanwhile', async () => {
    const port = await freePort();
    const file = path.join(folder, 'inventory.log');
    const settings = { mode: 'periodic', health: { port }, log: { file } };
    writeFileSync(path.join(folder, 'periodic.json'), JSON.stringify(settings));
    let readiness = 0;
    let asked: Promise<void> | undefined;
    const run = await inventory(['-c', 'periodic.json', '-v'], {
      env: configured(),
      onStderr: (text, child) => {
        if (!text.includes('inventory taken')) return;
        asked ??= (async () => {
          // The report follows the line.
          while (readiness !== 200) readiness = (await fetch(`http://127.0.0.1:${port}/v1/readiness`)).status;
          child.kill('SIGTERM');
        })();
      },
    });
    await asked;
    expect(run.code).toBe(143);
    expect(taken.map(({ route }) => route)).toEqual(['GET /version', 'POST /v2/kubernetes-inventory']);
    expect(readFileSync(file, 'utf8')).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] INFO /m);
  });
});
