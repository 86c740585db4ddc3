import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@kso/testkit';
import { startProgram } from '@kso/testkit/process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const makeTree = path.resolve(import.meta.dirname, '../../tools/images/tree.ts');

/** What runs in the images, run without a container: compiled, pruned, with the dependencies of the lockfile. */
describe('the production tree', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-tree-'));
  const app = path.join(folder, 'app');
  beforeAll(() => {
    const { status, stderr } = spawnSync(process.execPath, [makeTree, app], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('holds no sources, no tests, no tools', () => {
    const names = globSync('**/*', { cwd: app });
    expect(names.length).toBeGreaterThan(1000);
    expect(names.filter((name) => /\.(ts|tsx|map)$|@kso\/.*\.test\.js$/.test(name))).toEqual([]);
    const developed = 'testkit|typescript|vitest|vite|oxlint|@biomejs|playwright-core';
    expect(names.filter((name) => new RegExp(`node_modules/(@kso/)?(${developed})$`).test(name))).toEqual([]);
  });

  it('has every file of ours that another one imports', () => {
    const missing = globSync('node_modules/@kso/*/dist/**/*.js', { cwd: app }).flatMap((file) => {
      const imports = readFileSync(path.join(app, file), 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g);
      const targets = [...imports].map(([, target = '']) => path.join(path.dirname(file), target));
      return targets
        .filter((target) => globSync(target, { cwd: app }).length === 0)
        .map((target) => `${file}: ${target}`);
    });
    expect(missing).toEqual([]);
  });

  it.each([
    { service: 'cloud-endpoint', prefix: 'CLOUD_ENDPOINT', ports: ['PORT'] },
    { service: 'gateway', prefix: 'GATEWAY', ports: ['WEBSOCKET_PORT', 'HTTP_PORT'] },
    { service: 'operator', prefix: 'OPERATOR', ports: ['PORT'] },
    { service: 'kubescape', prefix: 'SCANNER', ports: ['PORT'] },
    { service: 'kubevuln', prefix: 'KUBEVULN', ports: ['PORT'] },
  ])('starts $service by its launcher', async ({ service, prefix, ports }) => {
    const health = await freePort();
    const settings = {
      HEALTH_PORT: health,
      DATA_DIR: path.join(folder, service),
      ...Object.fromEntries(ports.map((name) => [name, 0])),
    };
    const named = Object.entries(settings).map(([name, value]) => [`KSO_${prefix}_${name}`, String(value)]);
    const env: Record<string, string> = Object.fromEntries(named);
    const program = await startProgram({
      program: process.execPath,
      args: ['--conditions=compiled', path.join(app, 'launcher.js'), service],
      // No cluster of whoever runs the tests.
      env: { ...env, HOME: folder, KUBECONFIG: '', KSO_LOG_LEVEL: 'info' },
      logFile: path.join(folder, `${service}.log`),
      ready: async () => (await fetch(`http://127.0.0.1:${health}/v1/liveness`)).ok,
    });
    await program.stop();
    // A worker's file that is not where it is looked for shows here.
    expect(readFileSync(program.logFile, 'utf8')).not.toMatch(/MODULE_NOT_FOUND|ENOENT|"level":"(error|fatal)"/);
  });

  it('has the second program of a package', async () => {
    const program = await startProgram({
      program: process.execPath,
      args: ['--conditions=compiled', path.join(app, 'launcher.js'), 'kubevuln-worker', '--help'],
      logFile: path.join(folder, 'kubevuln-worker.log'),
    });
    expect(await program.ended).toBe(0);
    expect(readFileSync(program.logFile, 'utf8')).toMatch(/^usage: kubevuln-worker/);
  });

  it('says which services there are when it is asked for another', async () => {
    const program = await startProgram({
      program: process.execPath,
      args: [path.join(app, 'launcher.js'), 'nonsense'],
      logFile: path.join(folder, 'nonsense.log'),
    });
    expect(await program.ended).toBe(2);
    expect(readFileSync(program.logFile, 'utf8')).toMatch(
      /^unknown service: nonsense; the image has cli, cloud-endpoint, gateway, /,
    );
  });
});
