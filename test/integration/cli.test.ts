import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@kso/testkit';
import { missingPrograms } from '@kso/testkit/programs';
import { PostureReport } from '@kso/wire';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { main, ownEnvironment, type Run, type RunOptions, runKso } from './support/kso.ts';

const root = path.resolve(import.meta.dirname, '../..');
const sample = path.join(root, 'deploy/sample');

let folder: string;
let withoutEngines: NodeJS.ProcessEnv;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kso-cli-'));
  mkdirSync(path.join(folder, 'empty'));
  withoutEngines = { ...ownEnvironment(folder), PATH: '/nowhere', KSO_TOOLS_DIR: path.join(folder, 'no-tools') };
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function kso(
  args: readonly string[],
  { env = withoutEngines, cwd = folder, ...rest }: RunOptions = {},
): Promise<Run> {
  return runKso(args, { env, cwd, ...rest });
}

let suites = 0;
/** `kso up` with a data folder of its own and any ports. */
function up(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  suites += 1;
  const place = ['--data-dir', path.join(folder, `data-${suites}`), '--listen', 'all=0'];
  return kso(['up', ...place, ...args], options);
}

function manifests(name: string, files: Readonly<Record<string, string>>): string {
  const place = path.join(folder, name);
  mkdirSync(place);
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(place, file), text);
  return place;
}

const privilegedPod = `apiVersion: v1
kind: Pod
metadata: {name: naughty, namespace: shop}
spec:
  containers:
    - {name: app, image: registry.invalid/app:1, securityContext: {privileged: true}}
`;

describe('kso up --once', () => {
  test('prints real findings of the sample, says that it is the sample, and ends with 0', async () => {
    const { code, stdout } = await up(['--once', '--manifests', sample]);
    expect(code).toBe(0);
    expect(stdout).toContain('not a cluster of yours');
    expect(stdout).toMatch(/^High +C-0057 +Privileged container +\d+ of \d+$/m);
    expect(stdout).toMatch(/^monitoring +DaemonSet\/node-agent .* C-0057 /m);
    expect(stdout).toMatch(/^registry\.example\.com\/shop\/cart:2\.0\.1 +not evaluated: .*syft.*kso tools install/im);
    expect(stdout).toMatch(/^Configuration: \d+ of \d+ controls failed \(\d+ high/m);
  });

  test('without a cluster it takes the sample and says so', async () => {
    const { code, stdout, stderr } = await up(['--once']);
    expect(code).toBe(0);
    expect(stderr).toContain('No cluster is configured: scanning the sample cluster');
    expect(stdout).toContain('Sample cluster');
  });

  test('a cluster that does not answer: the sample with a note, or an error when it was asked for by name', async () => {
    const kubeconfig = path.join(folder, 'kubeconfig');
    const cluster = { server: `http://127.0.0.1:${await freePort()}` };
    const document = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'gone',
      clusters: [{ name: 'gone', cluster }],
      users: [{ name: 'me', user: {} }],
      contexts: [{ name: 'gone', context: { cluster: 'gone', user: 'me' } }],
    };
    writeFileSync(kubeconfig, JSON.stringify(document));
    const env = { ...withoutEngines, KUBECONFIG: kubeconfig };
    const fallback = await up(['--once'], { env });
    expect(fallback.code).toBe(0);
    expect(fallback.stderr).toMatch(/current cluster does not answer .*sample cluster instead/);
    const asked = await up(['--once', '--context', 'gone'], { env });
    expect(asked).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/^kso: the cluster does not answer: .*\n$/),
    });
  });

  test('--fail-on is met with 1, and not by less', async () => {
    const place = manifests('one-bad', { 'pod.yaml': privilegedPod });
    const met = await up(['--once', '--manifests', place, '--fail-on', 'high']);
    expect(met.code).toBe(1);
    const notMet = await up(['--once', '--manifests', place, '--fail-on', 'critical']);
    expect(notMet.code).toBe(0);
  });

  test('an empty folder is 2 and one line', async () => {
    const { code, stdout, stderr } = await up(['--once', '--manifests', 'empty']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^kso: nothing to scan in .*\n$/);
  });

  test('a port in use is 3 and names the option that moves it', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const address = blocker.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const busy = await up(['--once', '--listen', `operator=${port}`]);
    expect(busy.code).toBe(3);
    expect(busy.stderr).toContain(`kso: port ${port} (operator) is in use: choose another with --listen operator=PORT`);
    blocker.close();
  });

  test('another suite in the same data folder is 3 and named', async () => {
    const place = ['--data-dir', path.join(folder, 'shared'), '--listen', 'all=0'];
    let second: Promise<Run> | undefined;
    const first = await kso(['up', ...place], {
      onStderr: (text, child) => {
        if (second !== undefined || !text.includes('Watching')) return;
        second = kso(['up', '--once', ...place]).finally(() => child.kill('SIGINT'));
      },
    });
    expect(first.code).toBe(130);
    expect(await second).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/another suite \(process \d+\) uses .*--data-dir/),
    });
  });
});

describe('kso up', () => {
  test('ends cleanly with SIGTERM, and says by whom', async () => {
    const { code } = await up(['--manifests', sample], {
      onStderr: (text, child) => {
        if (text.includes('Watching')) child.kill('SIGTERM');
      },
    });
    expect(code).toBe(143);
  });

  test('shows what a change of a manifest changes, and ends cleanly with Ctrl-C', async () => {
    const place = manifests('watched', { 'pod.yaml': privilegedPod.replace('privileged: true', 'privileged: false') });
    let changed = false;
    const { code, stderr } = await up(['--manifests', place], {
      onStderr: (text, child) => {
        if (!changed && text.includes('Watching')) {
          changed = true;
          writeFileSync(path.join(place, 'pod.yaml'), privilegedPod);
        }
        if (text.includes('now fails')) child.kill('SIGINT');
      },
    });
    expect(code).toBe(130);
    expect(stderr).toMatch(/^shop\/Pod\/naughty: now fails .*C-0057 \(High\)/m);
  });
});

describe('kso scan', () => {
  test('--format json prints the posture report, version 2', async () => {
    const { code, stdout } = await kso(['scan', sample, '--format', 'json']);
    expect(code).toBe(0);
    const report = PostureReport.parse(JSON.parse(stdout));
    expect(report.metadata.scanMetadata.formatVersion).toBe('v2');
    expect(report.summaryDetails.controls['C-0057']?.status).toBe('failed');
    expect(report.results.length).toBeGreaterThan(10);
  });

  test('a broken document is named with file and line, the others are scanned', async () => {
    const place = manifests('broken', { 'good.yaml': privilegedPod, 'bad.yaml': 'a: 1\n---\nkind: [\n---\n' });
    const { code, stdout } = await kso(['scan', place]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\S*bad\.yaml:\d+ /m);
    expect(stdout).toContain('Pod/naughty');
  });

  test('when nothing can be read, the documents at fault are named', async () => {
    const place = manifests('only-broken', { 'bad.yaml': 'kind: [\n', 'worse.json': '{"kind":' });
    const { code, stderr } = await kso(['scan', place]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^kso: nothing to scan in \S+: \S*bad\.yaml:\d+: .+; \S*worse\.json:\d+: .+\n$/);
  });

  test('paths count from where the user typed the command', async () => {
    const place = manifests('typed-here', { 'pod.yaml': privilegedPod });
    const env = { ...withoutEngines, INIT_CWD: place, npm_lifecycle_event: 'kso' };
    const { code, stdout } = await kso(['scan', 'pod.yaml', '--output', 'result.txt'], { env, cwd: root });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(readFileSync(path.join(place, 'result.txt'), 'utf8')).toContain('Pod/naughty');
  });

  it.each([
    [['scan', 'no-such-folder'], 2, 'no-such-folder: no such file or folder'],
    [['scan', 'empty'], 2, 'nothing to scan'],
    [['scan', 'empty', '--control', 'C-9999'], 2, 'C-9999'],
    [['scan', 'empty', '--framework', 'nsaa'], 2, 'nsaa'],
    [['scan', 'empty', '--context', 'x'], 2, 'only for kso scan cluster'],
    [['scan', 'cluster'], 3, 'does not answer'],
    [['scan', 'cluster', '--kubeconfig', 'no-such-file'], 2, 'no such file'],
    [['scan', 'image', 'Not/An/Image:-1'], 2, 'Not/An/Image'],
    [['scan', 'image', 'registry.invalid/app:1'], 3, 'syft'],
  ])('%j ends with %d and one line', async (args, code, line) => {
    const run = await kso(args);
    expect(run).toMatchObject({ code, stdout: '' });
    expect(run.stderr.toLowerCase()).toContain(line.toLowerCase());
    expect(run.stderr).toMatch(/^kso: [^\n]+\n$/);
  });

  test.runIf(process.platform === 'linux')('standard output that is full is 3 and one line', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [main, 'scan', sample], {
      env: withoutEngines,
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^kso: the output cannot be written: ENOSPC[^\n]*\n$/);
  });

  test('a reader that has seen enough is no failure', async () => {
    const child = spawn(process.execPath, [main, 'scan', sample, '--format', 'json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => {
      stderr += String(text);
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

const skipped = missingPrograms('syft', 'grype');

describe.skipIf(skipped)('with the engines', () => {
  const engines = () => ({
    ...withoutEngines,
    PATH: process.env['PATH'],
    KSO_TOOLS_DIR: process.env['KSO_TOOLS_DIR'] ?? toolFolder(),
  });
  const toolFolder = () =>
    path.join(process.env['XDG_CACHE_HOME'] ?? path.join(process.env['HOME'] ?? '', '.cache'), 'kso', 'bin');

  test("the sample's images are scanned, one is not evaluated, and the sample database is named", async () => {
    const { code, stdout } = await up(['--once', '--manifests', sample, '--fail-on', 'critical'], { env: engines() });
    expect(code).toBe(1);
    expect(stdout).toContain('Sample vulnerability database');
    expect(stdout).toMatch(/^registry\.example\.com\/shop\/catalog:1\.4\.2 +\d+ +\d+ .*shop\/Deployment\/catalog/m);
    expect(stdout).toMatch(/^registry\.example\.com\/platform\/toolbox:0\.9\.3 +not evaluated: /m);
    expect(stdout).toMatch(/^Images: 2 images with \d+ vulnerabilities .*, 1 not evaluated, sample database$/m);
  });

  test('kso scan image lists the vulnerabilities of one image', async () => {
    const image = 'registry.example.com/shop/catalog:1.4.2';
    const { code, stdout } = await kso(['scan', 'image', image], { env: engines() });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Critical +CVE-\d{4}-\d+ +pyyaml +5\.3 +5\.4$/m);
    const json = await kso(['scan', 'image', image, '--format', 'json', '--fail-on', 'critical'], { env: engines() });
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      image,
      database: { label: 'sample' },
      findings: expect.any(Array),
    });
  });
});
