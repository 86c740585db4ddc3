import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { type CliHost, userPath } from '../host.ts';
import type { Target } from '../target/target.ts';
import { planEngines } from './engines.ts';
import { openLog } from './log.ts';
import { dataFolder, suiteConfigOf } from './suite-config.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kso-up-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function host(env: CliHost['env'] = {}): CliHost {
  const stream = new Writable();
  const { signal } = new AbortController();
  return { env, cwd: '/work', home: '/home/me', stdout: stream, stderr: stream, signal, now: () => 0 };
}

const manifests: Target = { kind: 'manifests', name: 'deploy', clusterName: 'deploy', paths: ['/work/deploy'] };
const options = {};

describe('paths', () => {
  test('count from where a script was started, and only then', () => {
    expect(userPath(host(), 'a')).toBe('/work/a');
    expect(userPath(host({ INIT_CWD: '/typed' }), 'a')).toBe('/work/a');
    expect(userPath(host({ INIT_CWD: '/typed', npm_lifecycle_event: 'start' }), 'a')).toBe('/typed/a');
    expect(userPath(host({ INIT_CWD: '/typed', npm_lifecycle_event: 'start' }), '/abs')).toBe('/abs');
  });

  test('of the data folder', () => {
    expect(dataFolder({ dataDir: 'here' }, host())).toBe('/work/here');
    expect(dataFolder({}, host({ XDG_DATA_HOME: '/data' }))).toBe('/data/kso');
    expect(dataFolder({}, host({ XDG_DATA_HOME: '' }))).toBe('/home/me/.local/share/kso');
  });
});

describe('configuration of the suite', () => {
  test('loopback and the ports of the table by default', () => {
    const config = suiteConfigOf(options, manifests, false, host());
    expect(config).toMatchObject({
      host: '127.0.0.1',
      ports: {
        endpoint: 8090,
        gatewayWs: 8001,
        gateway: 8002,
        operator: 4002,
        scanner: 8080,
        kubevuln: 8081,
        health: 8000,
      },
      target: { type: 'manifests', path: '/work/deploy' },
      images: { databaseDirectory: '/home/me/.cache/grype/db', atStart: 'all' },
    });
    expect(config.target.sample).toBeUndefined();
  });

  test('--listen all moves everything that has no option of its own', () => {
    const moved = suiteConfigOf({ listen: { all: 0 } }, manifests, false, host());
    expect(new Set(Object.values(moved.ports))).toEqual(new Set([0]));
    const { ports } = suiteConfigOf({ port: 1, listen: { all: 0, operator: 5 } }, manifests, false, host());
    expect(ports).toEqual({ endpoint: 1, gatewayWs: 0, gateway: 0, operator: 5, scanner: 0, kubevuln: 0, health: 0 });
  });

  test('the sample never touches the vulnerability database of the user', () => {
    const config = suiteConfigOf(options, { ...manifests, kind: 'sample' }, false, host());
    expect(config.images.databaseDirectory).toBeUndefined();
    expect(config.target.sample).toMatch(/deploy\/sample$/);
  });
});

describe('missing engines', () => {
  const nothing = { PATH: '/nowhere', KSO_TOOLS_DIR: '/nowhere' };

  it.each([
    [{ engines: true, once: true }, 'Go is not on PATH'],
    [{ engines: false }, '--no-engines'],
    [{ engines: true }, 'Go is not on PATH'],
  ])('%j: images are not evaluated, and why', async (options, reason) => {
    expect(await planEngines(options, host(nothing))).toMatchObject({
      type: 'missing',
      missing: ['syft', 'grype'],
      reason: expect.stringContaining(reason),
    });
  });

  test('are built when there is Go and the suite stays', async () => {
    writeFileSync(join(folder, 'go'), '');
    const withGo = host({ ...nothing, PATH: folder });
    expect(await planEngines({ engines: true }, withGo)).toEqual({ type: 'build', missing: ['syft', 'grype'] });
    expect(await planEngines({ engines: true, once: true }, withGo)).toMatchObject({
      type: 'missing',
      reason: expect.stringContaining('kso tools install'),
    });
  });
});

describe('log', () => {
  test('goes to a file of the user alone, and one old file is kept', async () => {
    const file = join(folder, 'kso.log');
    writeFileSync(file, 'old');
    truncateSync(file, 11 * 1024 * 1024);
    const log = openLog(folder, false, host());
    log.stream.write('{"msg":"new"}\n');
    await log.close();
    expect(log.name).toBe(file);
    expect(readFileSync(file, 'utf8')).toBe('{"msg":"new"}\n');
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(statSync(`${file}.1`).size).toBe(11 * 1024 * 1024);
  });

  test('a folder that cannot be written is said before anything starts', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => openLog(join(folder, 'file'), false, host())).toThrowError(
      expect.objectContaining({ code: 'OUTPUT_UNWRITABLE' }),
    );
  });
});
