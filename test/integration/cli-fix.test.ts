import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PostureReport } from '@kso/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ownEnvironment, runKso } from './support/kso.ts';

const sample = path.resolve(import.meta.dirname, '../../deploy/sample');
let folder: string;
const kso = (args: readonly string[]) =>
  runKso(args, { env: { ...ownEnvironment(folder), PATH: '/nowhere', KSO_TOOLS_DIR: '/nowhere' }, cwd: folder });

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kso-fix-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function copyOfSample(name: string): void {
  cpSync(sample, path.join(folder, name), { recursive: true });
}

function contents(name: string): Readonly<Record<string, string>> {
  const place = path.join(folder, name);
  return Object.fromEntries(
    readdirSync(place)
      .sort()
      .map((file) => [
        file,
        statSync(path.join(place, file)).isFile() ? readFileSync(path.join(place, file), 'utf8') : '',
      ]),
  );
}

async function statuses(name: string) {
  const { stdout } = await kso(['scan', name, '--format', 'json']);
  const report = PostureReport.parse(JSON.parse(stdout));
  return new Map(
    report.results.flatMap(({ resourceID, controls }) =>
      controls.map(({ controlID, status }) => [`${resourceID} ${controlID}`, status.status] as const),
    ),
  );
}

describe('kso fix', () => {
  test('the controls that were fixed pass, nothing that passed fails, and all other bytes are the same', async () => {
    copyOfSample('repaired');
    const before = contents('repaired');
    const statusBefore = await statuses('repaired');
    const chosen = ['C-0017', 'C-0055', 'C-0034'];
    const run = await kso(['fix', 'repaired', '--control', chosen.join(',')]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/^\d+ fields set in \d files, 0 left to do by hand$/m);
    const after = contents('repaired');
    const statusAfter = await statuses('repaired');
    const mustPass = [...statusAfter].filter(
      ([key]) => chosen.some((id) => key.endsWith(id)) || statusBefore.get(key) === 'passed',
    );
    expect(mustPass.filter(([, status]) => status !== 'passed')).toEqual([]);
    expect(mustPass.length).toBeGreaterThan(100);
    expect([...statusBefore.values()].filter((status) => status === 'failed').length).toBeGreaterThan(
      [...statusAfter.values()].filter((status) => status === 'failed').length,
    );
    for (const [file, text] of Object.entries(before)) {
      // Lines go only where a flow mapping got a further field; every other one is there, in its order.
      const now = (after[file] ?? '').split('\n');
      const gone = text.split('\n').filter((line) => !now.includes(line));
      expect(gone.filter((line) => !line.includes('{'))).toEqual([]);
      expect(now.filter((line) => line.includes('#'))).toEqual(text.split('\n').filter((line) => line.includes('#')));
    }
    const again = await kso(['fix', 'repaired', '--control', chosen.join(',')]);
    expect(again.stdout).toMatch(/^0 fields set in 0 files/m);
    expect(contents('repaired')).toEqual(after);
  });

  test('--dry-run writes nothing, and git makes the same of its diff', async () => {
    copyOfSample('dry');
    const before = contents('dry');
    const run = await kso(['fix', 'dry', '--dry-run', '--severity', 'high']);
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('would be set');
    expect(contents('dry')).toEqual(before);
    writeFileSync(path.join(folder, 'dry.diff'), run.stdout);
    const applied = spawnSync('git', ['apply', 'dry.diff'], { cwd: folder, encoding: 'utf8' });
    expect(applied).toMatchObject({ status: 0, stderr: '' });
    copyOfSample('wet');
    await kso(['fix', 'wet', '--severity', 'high']);
    expect(contents('dry')).toEqual(contents('wet'));
  });

  test('templates of charts are not touched, links and permissions stay, and what is left is told', async () => {
    const place = path.join(folder, 'mixed');
    mkdirSync(path.join(place, 'chart/templates'), { recursive: true });
    const template = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}\n';
    writeFileSync(path.join(place, 'chart/Chart.yaml'), 'apiVersion: v2\nname: c\nversion: 1.0.0\n');
    writeFileSync(path.join(place, 'chart/templates/pod.yaml'), template);
    const pod = `\ufeff${template.replace('name: a}', 'name: b}')}`.replaceAll('\n', '\r\n');
    writeFileSync(path.join(place, 'real.yaml'), pod, { mode: 0o640 });
    symlinkSync('real.yaml', path.join(place, 'a-link.yaml'));
    const run = await kso(['fix', 'mixed', '--control', 'C-0017,C-0057,C-0004']);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/limits\.memory: only you know the value \(C-0004\)/);
    expect(readFileSync(path.join(place, 'chart/templates/pod.yaml'), 'utf8')).toBe(template);
    expect(statSync(path.join(place, 'real.yaml')).mode & 0o777).toBe(0o640);
    expect(readFileSync(path.join(place, 'real.yaml'), 'utf8')).toBe(
      pod.replace('image: a}', 'image: a, securityContext: {readOnlyRootFilesystem: true}}'),
    );
    expect(readdirSync(place).sort()).toEqual(['a-link.yaml', 'chart', 'real.yaml']);
  });

  test('what an API server would refuse is not set', async () => {
    mkdirSync(path.join(folder, 'refused'));
    const pod =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      image: a\n      securityContext: {privileged: true}\n';
    writeFileSync(path.join(folder, 'refused/pod.yaml'), pod);
    const run = await kso(['fix', 'refused', '--control', 'C-0016']);
    expect(run.stdout).toMatch(/cannot be false while the container is privileged \(C-0016\)/);
    expect(readFileSync(path.join(folder, 'refused/pod.yaml'), 'utf8')).toBe(pod);
  });

  test('a cluster and standard input cannot be fixed', async () => {
    for (const word of ['cluster', '-'])
      expect(await kso(['fix', word])).toMatchObject({ code: 2, stderr: `kso: ${word}: only files can be fixed\n` });
  });
});
