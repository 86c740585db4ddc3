import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { frameworks } from '@kso/controls';
import { missingPrograms, requireProgram } from '@kso/testkit/programs';
import { PostureReport } from '@kso/wire';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { ownEnvironment, type RunOptions, runKso } from './support/kso.ts';

let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kso-scan-'));
  // No program at all: what is rendered by one is told of.
  env = { ...ownEnvironment(folder), PATH: '/nowhere', KSO_TOOLS_DIR: path.join(folder, 'no-tools') };
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const kso = (args: readonly string[], options: RunOptions = {}) => runKso(args, { env, cwd: folder, ...options });

const pod = (name: string, namespace = 'shop', extra = 'hostPID: true') =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec:\n  ${extra}\n  containers:\n    - {name: app, image: registry.invalid/app:1}\n`;

function files(name: string, contents: Readonly<Record<string, string>>): string {
  for (const [file, text] of Object.entries(contents)) {
    const target = path.join(folder, name, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
  return name;
}

async function report(args: readonly string[], options: RunOptions = {}): Promise<PostureReport> {
  const run = await kso([...args, '--format', 'json'], options);
  expect(run.stderr).toBe('');
  return PostureReport.parse(JSON.parse(run.stdout));
}

const names = ({ resources }: PostureReport) =>
  resources.map(({ object }) => (object['metadata'] as { name: string }).name);

describe('what is scanned', () => {
  test('manifests on standard input, also beside files', async () => {
    const place = files('beside', { 'a.yaml': pod('in-file') });
    const scanned = await report(['scan', '-', place], { stdin: `${pod('one')}---\n${pod('two')}` });
    expect(names(scanned).sort()).toEqual(['in-file', 'one', 'two']);
    const sarif = await kso(['scan', '-', '--format', 'sarif', '--control', 'C-0038'], { stdin: pod('one') });
    expect(sarif.stdout).toContain('"uri":"stdin"');
    expect(sarif.stdout).toContain('"startLine":5,"startColumn":3');
  });

  test('B12 template text in an ordinary manifest is text, and a broken document is named', async () => {
    const place = files('b12', {
      'mail.yaml': `${pod('mail')}  # {{ .Values.x }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: mail}\ndata: {body: "Hello {{ .Name }}"}\n`,
      'broken.yaml': 'kind: [\n',
    });
    const scanned = await report(['scan', place]);
    expect(names(scanned)).toContain('mail');
    expect(scanned.scanCoverage.policyDegradations.map(({ component }) => component)).toEqual([
      expect.stringMatching(/broken\.yaml:2$/),
    ]);
  });

  test('frameworks in the spelling of the existing product', async () => {
    const place = files('frameworks', { 'a.yaml': pod('a') });
    const scanned = await report(['scan', 'framework', 'nsa,MITRE', place]);
    expect(scanned.summaryDetails.frameworks.map(({ name }) => name).sort()).toEqual(['MITRE', 'NSA']);
    const single = await report(['scan', 'control', 'c-0038', place]);
    expect(Object.keys(single.summaryDetails.controls)).toEqual(['C-0038']);
    const all = await report(['scan', 'framework', 'all', place]);
    expect(all.summaryDetails.frameworks).toHaveLength(frameworks.length);
  });

  test('one workload of several, and one that is not there is a failure', async () => {
    const place = files('workload', { 'a.yaml': pod('a'), 'b.yaml': pod('b'), 'c.yaml': pod('a', 'bank') });
    expect(names(await report(['scan', 'workload', 'pod/a', place]))).toEqual(['a', 'a']);
    expect(names(await report(['scan', 'workload', 'Pod/a', '-n', 'bank', place]))).toEqual(['a']);
    const one = await report(['scan', 'workload', 'Pod/b', place, '--control', 'C-0057']);
    expect(Object.keys(one.summaryDetails.controls)).toEqual(['C-0057']);
    expect(await kso(['scan', 'workload', 'Pod/x', place])).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/^kso: nothing evaluated: there is no Pod x\n$/),
    });
  });

  test('namespaces', async () => {
    const place = files('namespaces', { 'a.yaml': pod('a', 'one'), 'b.yaml': pod('b', 'two') });
    expect(names(await report(['scan', place, '--include-namespaces', 'one']))).toEqual(['a']);
    expect(names(await report(['scan', place, '-e', 'one']))).toEqual(['b']);
  });
});

describe('B09 nothing is scanned by a typing error', () => {
  it.each([
    [['scan', 'framework', 'nsaa', '.'], 'unknown framework: nsaa (there are AllControls, '],
    [['scan', '.', '--control', 'C-0057,c-0O13'], 'unknown control: c-0O13 (did you mean C-0013? kso list controls'],
    [['scan', '.', '--control', 'C-0057', '--framework', 'nsa'], 'exclude each other'],
    [['scan', '.', '--format', 'json,sarif'], 'several formats need --output'],
    [['scan', '.', '--compliance-threshold', '101'], 'a number from 0 to 100'],
    [['scan', 'workload', 'web', '.'], 'KIND/NAME'],
    [['scan', '.', '--controls-config', 'no-such.json'], 'no such file'],
  ])('%j is 2 and one line', async (args, line) => {
    const run = await kso(args);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(line);
    expect(run.stderr).toMatch(/^kso: [^\n]+\n$/);
  });

  test('a framework that has nothing to look at is 3', async () => {
    const place = files('nothing', { 'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' });
    expect(await kso(['scan', 'control', 'C-0038', place])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('nothing evaluated'),
    });
  });
});

describe("frameworks of one's own", () => {
  const baseline = 'name: our-baseline\nactiveControls:\n  - {controlID: C-0038, patch: {name: B-1 no host pid}}\n';

  test('from a file or a folder are known beside the built-in ones, and what they call a control is shown', async () => {
    const place = files('own', { 'a.yaml': pod('a') });
    files('own-frameworks', {
      'baseline.yaml': baseline,
      'more.json':
        '[{"name": "one"  , "controlsIDs": ["c-0041"]}, {"name": "two", "controls": [{"controlID": "C-0013"}]}]',
      'readme.md': 'no framework',
    });
    const file = ['--custom-frameworks', 'own-frameworks/baseline.yaml'];
    const one = await report(['scan', 'framework', 'OUR-baseline', place, ...file]);
    expect(one.summaryDetails.frameworks).toMatchObject([
      { name: 'our-baseline', controls: { 'C-0038': { name: 'B-1 no host pid', status: 'failed' } } },
    ]);
    const all = await report(['scan', place, '--custom-frameworks', 'own-frameworks']);
    expect(all.summaryDetails.frameworks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['our-baseline', 'one', 'two', 'NSA']),
    );
    const some = await report(['scan', place, '--framework', 'two,one', '--custom-frameworks', 'own-frameworks']);
    expect(Object.keys(some.summaryDetails.controls).sort()).toEqual(['C-0013', 'C-0041']);
  });

  test('from --use-from are what the scan is about when they bring no rules', async () => {
    const place = files('use-from', { 'a.yaml': pod('a'), '../baseline.yaml': baseline });
    const scanned = await report(['scan', place, '--use-from', 'baseline.yaml']);
    expect(Object.keys(scanned.summaryDetails.controls)).toEqual(['C-0038']);
    const other = await report(['scan', 'control', 'C-0041', place, '--use-from', 'baseline.yaml']);
    expect(Object.keys(other.summaryDetails.controls)).toEqual(['C-0041']);
  });

  it.each([
    ['nothing.yaml', 'name: a\n', /: file wrong\/nothing.yaml: framework a names no control\n$/],
    [
      'unknown.json',
      '{"name": "a", "controlsIDs": ["C-9999"]}',
      /unknown.json: .*names controls that there are not: C-9999/,
    ],
    ['syntax.yaml', 'name: a\ncontrolsIDs: [\n', /--custom-frameworks wrong\/syntax.yaml:\d+: /],
    ['typed.yaml', 'name: a\ncontrolsIDs: [1]\n', /typed.yaml: no framework: controlsIDs\b.*/],
  ])('%s is an error with the place', async (name, text, line) => {
    files('wrong', { [name]: text });
    const run = await kso(['scan', '.', '--custom-frameworks', `wrong/${name}`]);
    expect(run).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(line) });
    expect(run.stderr).toMatch(/^kso: [^\n]+\n$/);
  });

  test('are listed when a name is not known; a place without any is an error', async () => {
    files('listed', { 'baseline.yaml': baseline, 'empty/.keep': '' });
    const unknown = await kso(['scan', 'framework', 'baseline', '.', '--custom-frameworks', 'listed/baseline.yaml']);
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^kso: unknown framework: baseline \(.*our-baseline\)\n$/),
    });
    for (const [place, problem] of [
      ['listed/empty', 'it holds no .json or .yaml file'],
      ['listed/none', 'no such file'],
    ])
      expect(await kso(['scan', '.', '--custom-frameworks', place ?? ''])).toMatchObject({
        code: 2,
        stderr: `kso: ${place}: ${problem}\n`,
      });
  });
});

describe('thresholds', () => {
  it.each([
    [['--severity-threshold', 'high'], 1, 'high or worse'],
    [['--fail-on', 'critical'], 0, ''],
    [['--compliance-threshold', '100'], 1, 'compliance'],
    [['--compliance-threshold', '1'], 0, ''],
    [['--fail-coverage-below', '100'], 1, 'coverage'],
  ])('%j ends with %d', async (args, code, reason) => {
    const place = files('thresholds', { 'a.yaml': pod('a') });
    const run = await kso(['scan', place, ...args]);
    expect(run).toMatchObject({ code, stderr: expect.stringContaining(reason) });
    expect(run.stdout).toContain('C-0038');
  });

  test('--controls-config replaces control inputs, and a name that no control reads is told of', async () => {
    const place = files('inputs', {
      'a.yaml': pod('a', 'shop', 'hostPID: false').replace(
        'image:',
        'securityContext: {capabilities: {add: [CHOWN]}}, image:',
      ),
      'inputs.json': '{"insecureCapabilities": ["CHOWN"]}',
      'bad.json': '{"insecureCapabilites": []}',
    });
    const failed = async (args: readonly string[]) =>
      (await report(['scan', 'control', 'C-0046', `${place}/a.yaml`, ...args])).summaryDetails.controls['C-0046']
        ?.status;
    expect(await failed([])).toBe('passed');
    expect(await failed(['--controls-config', `${place}/inputs.json`])).toBe('failed');
    const unknown = await kso(['scan', place, '--controls-config', `${place}/bad.json`]);
    expect(unknown).toMatchObject({ code: 0, stderr: 'no built-in control has an input insecureCapabilites\n' });
  });
});

describe('exceptions', () => {
  const exception = (name: string) => ({
    name: 'accepted',
    policyType: 'postureExceptionPolicy',
    actions: ['alertOnly'],
    resources: [{ designatorType: 'Attributes', attributes: { kind: 'Pod', name } }],
    posturePolicies: [{ controlID: 'C-0038' }],
  });

  test('cover what they name: it passes with them, and the threshold is not met', async () => {
    const place = files('exceptions', {
      'a.yaml': pod('a'),
      'b.yaml': pod('b'),
      'x.json': JSON.stringify([exception('a')]),
    });
    const args = ['scan', 'control', 'C-0038', `${place}/a.yaml`, `${place}/b.yaml`, '--exceptions', `${place}/x.json`];
    const scanned = await report(args);
    const [a, b] = scanned.results.map(({ controls }) => controls[0]);
    expect(a).toMatchObject({ status: { status: 'passed', subStatus: 'w/exceptions' } });
    expect(a?.rules[0]?.exception).toMatchObject([{ name: 'accepted' }]);
    expect(b).toMatchObject({ status: { status: 'failed' } });
    expect(scanned.summaryDetails.controls['C-0038']?.subStatusCounters).toEqual({ ignoredResources: 1 });
    const only = ['scan', 'control', 'C-0038', `${place}/a.yaml`, '--fail-on', 'high'];
    expect((await kso(only)).code).toBe(1);
    expect((await kso([...only, '--exceptions', `${place}/x.json`])).code).toBe(0);
  });

  test('that cover nothing are told of, with the reason, whatever the format', async () => {
    const old = { ...exception('a'), name: 'old', expirationDate: '2020-01-01T00:00:00Z' };
    const place = files('idle-exceptions', { 'a.yaml': pod('a'), 'x.json': JSON.stringify([exception('b'), old]) });
    for (const format of ['table', 'json']) {
      const { stderr } = await kso(['scan', `${place}/a.yaml`, '--exceptions', `${place}/x.json`, '-f', format]);
      expect(stderr).toMatch(/exception without effect: .*: accepted: it names no resource of this scan\n/);
      expect(stderr).toMatch(/exception without effect: .*: old: expired 2020-01-01/);
    }
  });

  test('that are wrong are an error with the place', async () => {
    const wrong = [{ ...exception('a'), resources: [{ attributes: { name: '(' } }] }];
    const place = files('bad-exceptions', { 'a.yaml': pod('a'), 'x.json': JSON.stringify(wrong) });
    expect(await kso(['scan', `${place}/a.yaml`, '--exceptions', `${place}/x.json`])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^kso: --exceptions: file \S+x\.json: .*no regular expression.*\n$/),
    });
  });
});

test('exceptions, control inputs and attack tracks of artifacts count after those of files', async () => {
  const place = files('released', {
    'a.yaml': pod('a', 'shop', 'hostPID: true').replace(
      'image:',
      'securityContext: {capabilities: {add: [CHOWN]}}, image:',
    ),
    'own.json': '{"insecureCapabilities": ["NET_RAW"]}',
    'artifacts/sample.json': JSON.stringify({
      name: 'Sample',
      controls: [{ controlID: 'S-1', name: 'one', rules: [{ name: 'one', rule: 'package armo_builtins', match: [] }] }],
    }),
    'artifacts/controls-inputs.json': '{"insecureCapabilities": ["CHOWN"], "onlyTheirs": []}',
    'artifacts/exceptions.json': JSON.stringify([
      { ...acceptedHostPid, resources: [{ attributes: { kind: 'Pod', name: 'a' } }] },
      { ...acceptedHostPid, name: 'for another cluster', resources: [{ attributes: { kind: 'Pod', name: 'b' } }] },
    ]),
  });
  const args = ['scan', 'control', 'C-0038,C-0046', `${place}/a.yaml`, '--use-artifacts-from', `${place}/artifacts`];
  const { summaryDetails, exceptionAudit } = await report(args);
  expect(summaryDetails.controls['C-0038']?.statusInfo).toMatchObject({ status: 'passed', subStatus: 'w/exceptions' });
  expect(summaryDetails.controls['C-0046']?.status).toBe('failed');
  expect(exceptionAudit?.exceptions.map(({ source, status }) => `${source} ${status}`)).toEqual([
    'release applied',
    'release unused',
  ]);
  const own = await report([...args, '--controls-config', `${place}/own.json`]);
  expect(own.summaryDetails.controls['C-0046']?.status).toBe('passed');
});

const acceptedHostPid = {
  name: 'accepted',
  policyType: 'postureExceptionPolicy',
  actions: ['alertOnly'],
  posturePolicies: [{ controlID: 'C-0038' }],
};

describe('outputs', () => {
  test('several formats are files of one name, and a table is still shown', async () => {
    const place = files('outputs', { 'a.yaml': pod('a') });
    const run = await kso(['scan', place, '-f', 'table', '-f', 'json,markdown', '-o', 'many.json']);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('C-0038');
    expect(JSON.parse(readFileSync(path.join(folder, 'many.json'), 'utf8'))).toHaveProperty('summaryDetails');
    expect(readFileSync(path.join(folder, 'many.md'), 'utf8')).toContain('C-0038');
    await kso(['scan', place, '-f', 'junit', '-o', 'plain']);
    expect(readFileSync(path.join(folder, 'plain.xml'), 'utf8')).toContain('<testsuites');
  });

  test('--verbose shows what passed', async () => {
    const place = files('verbose', { 'a.yaml': pod('a') });
    const passed = /^High +C-0041 +HostNetwork access +1$/m;
    expect((await kso(['scan', place])).stdout).not.toMatch(passed);
    expect((await kso(['scan', place, '--verbose'])).stdout).toMatch(passed);
  });

  test('kso list names what can be asked for', async () => {
    expect((await kso(['list', 'frameworks'])).stdout).toMatch(/^NSA +\d+$/m);
    expect((await kso(['list', 'controls'])).stdout).toMatch(/^C-0057 +High +Privileged container$/m);
    expect(JSON.parse((await kso(['list', 'controls', '-f', 'json'])).stdout)).toContainEqual(
      expect.objectContaining({ id: 'C-0057', frameworks: expect.arrayContaining(['NSA']) }),
    );
  });
});

const chart = {
  'Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
  'values.yaml': 'host: true\n',
  'templates/pod.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}-web\nspec:\n  hostPID: {{ .Values.host }}\n  containers: [{name: a, image: a}]\n',
};
const kustomization = {
  'base/kustomization.yaml': 'resources: [pod.yaml]\n',
  'base/pod.yaml': pod('web'),
  'prod/kustomization.yaml': 'namePrefix: prod-\nresources: [../base]\n',
};

describe('charts and kustomizations without their programs', () => {
  test('alone are 3 with the reason', async () => {
    const place = files('chart-alone', chart);
    expect(await kso(['scan', place])).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/^kso: nothing could be evaluated: .*helm is not installed\n$/),
    });
  });

  test('beside manifests are a gap that is named', async () => {
    const place = files('chart-beside', { ...chart, 'pod.yaml': pod('plain') });
    const run = await kso(['scan', place]);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/the Helm chart is not rendered: helm is not installed/);
    expect(await kso(['scan', place, '--fail-coverage-below', '100'])).toMatchObject({ code: 1 });
  });
});

/** With the programs that are there; each is tested where it is. */
const withPrograms = () => ({ ...ownEnvironment(folder), KSO_TOOLS_DIR: path.dirname(requireProgram('helm')) });

test.skipIf(missingPrograms('helm'))('a chart is rendered by helm, with values', async () => {
  const place = files('chart', { ...chart, 'safe.yaml': 'host: false\n' });
  const scanned = await report(['scan', 'control', 'C-0038', place], { env: withPrograms() });
  expect(names(scanned)).toEqual(['release-name-web']);
  expect(scanned.resources[0]?.source).toMatchObject({ fileType: 'Helm Chart', relativePath: 'templates/pod.yaml' });
  expect(scanned.summaryDetails.controls['C-0038']?.status).toBe('failed');
  const args = ['scan', 'control', 'C-0038', place, '--helm-values', `${place}/safe.yaml`];
  expect((await report(args, { env: withPrograms() })).summaryDetails.controls['C-0038']?.status).toBe('passed');
});

test.skipIf(missingPrograms('kubectl'))('a kustomization is rendered by kubectl, once', async () => {
  const place = files('kustomization', kustomization);
  const scanned = await report(['scan', place], {
    env: { ...ownEnvironment(folder), KSO_TOOLS_DIR: path.dirname(requireProgram('kubectl')) },
  });
  expect(names(scanned)).toEqual(['prod-web']);
});
