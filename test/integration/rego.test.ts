import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRegoEngine, loadArtifacts, loadCustomRules, type RegoEngine, type RegoLimits } from '@kso/engines';
import { missingPrograms } from '@kso/testkit/programs';
import type { KubeObject, Verdict } from '@kso/wire';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  backtracking,
  endless,
  failing,
  fiveRules,
  functions,
  hostNetwork,
  provider,
  registries,
  type SampleRule,
  subjects,
  writeCacheFolder,
  writeRelease,
} from '../support/rego-artifacts.ts';

const root = mkdtempSync(path.join(tmpdir(), 'kso-rego-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const inputs = { untrustedRegistries: ['docker.io/library'] };

const web: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', annotations: { note: 'Hello THERE you' } },
  spec: { hostNetwork: true, containers: [{ name: 'nginx', image: 'nginx:1.27' }] },
};
const quiet: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'quiet', namespace: 'shop' },
  spec: { containers: [{ name: 'app', image: 'registry.example.com/app:1' }] },
};
const service: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { selector: { app: 'web' } },
};
const group = 'rbac.authorization.k8s.io';
const role: KubeObject = {
  apiVersion: `${group}/v1`,
  kind: 'Role',
  metadata: { name: 'reader', namespace: 'shop' },
  rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
};
/** Of the same name in another namespace: upstream would join it to the binding. */
const foreignRole: KubeObject = { ...role, metadata: { name: 'reader', namespace: 'other' } };
const binding: KubeObject = {
  apiVersion: `${group}/v1`,
  kind: 'RoleBinding',
  metadata: { name: 'readers', namespace: 'shop' },
  roleRef: { apiGroup: group, kind: 'Role', name: 'reader' },
  subjects: [{ kind: 'User', name: 'ann', apiGroup: group }],
};
const objects = [web, quiet, service, role, foreignRole, binding];
const webId = '/v1/shop/Pod/web';
const quietId = '/v1/shop/Pod/quiet';
const vectorId = [`${group}//User/ann`, `${group}/v1/shop/Role/reader`, `${group}/v1/shop/RoleBinding/readers`]
  .sort()
  .join('/');

let folders = 0;
const newFolder = (): string => path.join(root, `folder-${++folders}`);

async function engineOf(folder: string, options: { cache?: string; limits?: Partial<RegoLimits>; opa?: string } = {}) {
  const loaded = await loadArtifacts(folder, { env: process.env });
  if (!loaded.ok) throw new Error(loaded.problem);
  return newEngine(loaded.artifacts.controls, options);
}

function newEngine(
  controls: Parameters<typeof createRegoEngine>[0]['controls'],
  options: { cache?: string; limits?: Partial<RegoLimits>; opa?: string } = {},
): RegoEngine {
  const engine = createRegoEngine({
    controls,
    inputs,
    env: process.env,
    cacheDirectory: options.cache ?? path.join(root, 'cache'),
    limits: { threads: 2, timeMs: 120_000, ...options.limits },
    ...(options.opa === undefined ? {} : { opa: options.opa }),
  });
  onTestFinished(() => engine.close());
  for (const object of objects) engine.apply({ type: 'added', object });
  return engine;
}

type Evaluation = Awaited<ReturnType<RegoEngine['evaluate']>>;

function verdict({ results }: Evaluation, resourceId: string, controlId: string): Verdict | undefined {
  return results.get(resourceId)?.find((result) => result.controlId === controlId)?.rules[0]?.verdict;
}

describe.skipIf(missingPrograms('opa'))('rules in the form of upstream', () => {
  it.each([
    ['a release', writeRelease],
    ['a cache folder', writeCacheFolder],
  ])('of %s are evaluated unchanged', async (_form, write) => {
    const engine = await engineOf(write(newFolder(), fiveRules));
    const evaluation = await engine.evaluate();

    expect(verdict(evaluation, webId, 'S-1')).toEqual({
      status: 'failed',
      findings: [
        {
          message: 'web uses the network of its node (1 containers)',
          paths: [
            { type: 'failed', path: 'spec.hostNetwork' },
            { type: 'delete', path: 'spec.hostNetwork' },
            { type: 'fix', path: 'spec.hostNetwork', value: 'false' },
          ],
        },
      ],
    });
    expect(verdict(evaluation, quietId, 'S-1')).toEqual({ status: 'passed' });

    expect(verdict(evaluation, webId, 'S-2')).toEqual({
      status: 'failed',
      findings: [
        {
          message: 'nginx:1.27 is from docker.io/library',
          paths: [
            { type: 'review', path: 'spec.containers[0].image' },
            { type: 'failed', path: 'spec.selector', resourceId: '/v1/shop/Service/web' },
          ],
          container: { name: 'nginx', list: 'containers' },
          relatedIds: ['/v1/shop/Service/web'],
        },
      ],
    });
    expect(verdict(evaluation, quietId, 'S-2')).toEqual({ status: 'passed' });
    // The enumerator lists pods: services are not what the control is about.
    expect(verdict(evaluation, '/v1/shop/Service/web', 'S-2')).toBeUndefined();

    expect(verdict(evaluation, webId, 'S-3')).toMatchObject({
      status: 'failed',
      findings: [{ message: '["Hello", "THERE"] {"a": [1, 2]} {"list": [true, 8]} docker.io/library/nginx' }],
    });
  });

  it('get one vector for each subject, with the role of its own namespace', async () => {
    const engine = await engineOf(writeRelease(newFolder(), [subjects]));
    const { results, resources } = await engine.evaluate();
    expect([...results.keys()]).toEqual([vectorId]);
    expect(results.get(vectorId)?.[0]).toMatchObject({
      controlId: 'S-1',
      status: 'failed',
      rules: [
        {
          verdict: {
            findings: [{ message: 'User ann reads secrets', paths: [{ path: 'relatedObjects[1].rules[0]' }] }],
          },
        },
      ],
    });
    expect(resources.get(vectorId)).toMatchObject({ kind: 'User', name: 'ann', apiVersion: group });
  });

  it('B02 a rule that fails is named with its text, and stops nothing else', async () => {
    const broken: SampleRule = {
      name: 'sample-broken',
      match: hostNetwork.match ?? [],
      rule: 'package armo_builtins\ndeny[',
    };
    const calling: SampleRule = {
      ...broken,
      name: 'sample-calling',
      rule: 'package armo_builtins\ndeny[x] { x := http.send({"url": "http://example.com", "method": "get"}) }',
    };
    const engine = await engineOf(writeRelease(newFolder(), [broken, failing, calling, hostNetwork]));
    const evaluation = await engine.evaluate();
    expect(verdict(evaluation, webId, 'S-1')).toMatchObject({
      status: 'notEvaluated',
      reason: 'error',
      detail: expect.stringMatching(/^rule sample-broken: error, not evaluated: .*rule\.rego:2: rego_parse_error/),
    });
    expect(verdict(evaluation, webId, 'S-2')).toMatchObject({
      detail: 'rule sample-no-findings: error, not evaluated: verdict is an object and not a list of findings',
    });
    expect(verdict(evaluation, webId, 'S-3')).toMatchObject({
      detail: expect.stringContaining('undefined function http.send'),
    });
    expect(verdict(evaluation, webId, 'S-4')).toMatchObject({ status: 'failed' });
    expect(evaluation.problems.map(({ component }) => component).sort()).toEqual([
      'rule sample-broken',
      'rule sample-calling',
      'rule sample-no-findings',
    ]);
  });

  it.each([endless, backtracking])(
    'are ended when they run over their time, and others go on in a new thread: $name',
    async (rule) => {
      const engine = await engineOf(writeRelease(newFolder(), [rule, hostNetwork]), {
        limits: { threads: 1, timeMs: 5000 },
      });
      const evaluation = await engine.evaluate();
      expect(verdict(evaluation, webId, 'S-1')).toMatchObject({
        status: 'notEvaluated',
        detail: `rule ${rule.name}: error, not evaluated: it ran longer than 5 s`,
      });
      expect(verdict(evaluation, webId, 'S-2')).toMatchObject({ status: 'failed' });
    },
  );

  it('are ended when they need more memory than they may have', async () => {
    const greedy: SampleRule = {
      name: 'sample-greedy',
      match: hostNetwork.match ?? [],
      rule: 'package armo_builtins\ndeny[x] { n := [a | a := numbers.range(1, 3000000)[_]]; count(n) < 0; x := {} }',
    };
    const engine = await engineOf(writeRelease(newFolder(), [greedy, hostNetwork]), {
      limits: { memoryBytes: 16 * 2 ** 20 },
    });
    const evaluation = await engine.evaluate();
    expect(verdict(evaluation, webId, 'S-1')).toMatchObject({
      detail: 'rule sample-greedy: error, not evaluated: it needs more memory than 16 MiB',
    });
    expect(verdict(evaluation, webId, 'S-2')).toMatchObject({ status: 'failed' });
  });

  it('are compiled once in the life of the cache', async () => {
    const cache = newFolder();
    const folder = writeRelease(newFolder(), [hostNetwork, functions]);
    const first = await (await engineOf(folder, { cache })).evaluate();
    const second = await (await engineOf(folder, { cache })).evaluate();
    expect([first.statistics.compiled, second.statistics.compiled]).toEqual([2, 0]);
    expect(second.results).toEqual(first.results);
    for (const name of readdirSync(cache)) writeFileSync(path.join(cache, name), 'damaged');
    const third = await (await engineOf(folder, { cache })).evaluate();
    expect(third.statistics.compiled).toBe(2);
    expect(third.results).toEqual(first.results);
  });

  it('are compiled by several processes into one cache', async () => {
    const cache = newFolder();
    const folder = writeRelease(newFolder(), [hostNetwork, functions]);
    const engines = await Promise.all([engineOf(folder, { cache }), engineOf(folder, { cache })]);
    const [one, other] = await Promise.all(engines.map((engine) => engine.evaluate()));
    expect(one?.results).toEqual(other?.results);
    expect(readdirSync(cache).filter((name) => !name.endsWith('.wasm'))).toEqual([]);
  });

  it('are evaluated again after a change only when it is of a kind that they read', async () => {
    const engine = await engineOf(writeRelease(newFolder(), [hostNetwork, subjects]));
    await engine.evaluate();
    engine.apply({ type: 'modified', object: { ...web, spec: { containers: [] } } });
    const evaluation = await engine.evaluate();
    expect(evaluation.statistics.evaluatedRules).toBe(1);
    expect(verdict(evaluation, webId, 'S-1')).toEqual({ status: 'passed' });
    expect(evaluation.results.has(vectorId)).toBe(true);
    engine.apply({ type: 'deleted', object: web });
    expect((await engine.evaluate()).results.has(webId)).toBe(false);
  });

  it('are evaluated again with other control inputs only when they read them, also in the middle of an evaluation', async () => {
    const engine = await engineOf(writeRelease(newFolder(), [hostNetwork, registries]));
    const before = await engine.evaluate();
    expect(verdict(before, webId, 'S-2')?.status).toBe('failed');
    engine.update({ ...inputs, untrustedRegistries: ['example.org'] });
    expect(engine.pending).toBe(true);
    const after = await engine.evaluate();
    expect(after.statistics.evaluatedRules).toBe(1);
    expect(verdict(after, webId, 'S-2')).toEqual({ status: 'passed' });
    expect(verdict(after, webId, 'S-1')).toEqual(verdict(before, webId, 'S-1'));
    expect(engine.inputsOf('S-2', 'sample-registries')).toEqual({ untrustedRegistries: ['example.org'] });

    engine.apply({ type: 'modified', object: { ...web, spec: { containers: [] } } });
    const underway = engine.evaluate();
    engine.update(inputs);
    const last = await underway;
    expect(verdict(last, webId, 'S-1')).toEqual({ status: 'passed' });
    expect(verdict(last, webId, 'S-2')).toEqual({ status: 'passed' });
    expect(engine.inputsOf('S-2', 'sample-registries')).toEqual(inputs);
    expect(engine.pending).toBe(false);
  });

  it('are told who runs the cluster, and evaluated again when that becomes known', async () => {
    const engine = await engineOf(writeRelease(newFolder(), [provider]));
    expect(verdict(await engine.evaluate(), webId, 'S-1')).toEqual({ status: 'passed' });
    engine.setCloudProvider('EKS');
    engine.update(inputs);
    expect(engine.pending).toBe(true);
    expect(verdict(await engine.evaluate(), webId, 'S-1')).toMatchObject({ status: 'failed' });
    engine.setCloudProvider('EKS');
    expect(engine.pending).toBe(false);
  });

  it('give the same verdicts when a large input is cut by namespaces', async () => {
    const folder = writeRelease(newFolder(), fiveRules);
    const many = Array.from({ length: 12 }, (_, at) => ({
      ...web,
      metadata: { ...web.metadata, namespace: `ns-${at}` },
    }));
    const evaluations = await Promise.all(
      [1000, 3].map(async (batchObjects) => {
        const engine = await engineOf(folder, { limits: { batchObjects } });
        for (const object of many) engine.apply({ type: 'added', object });
        return engine.evaluate();
      }),
    );
    const statuses = evaluations.map(({ results }) =>
      Object.fromEntries(
        [...results].map(([id, list]) => [id, list.map(({ controlId, status }) => `${controlId} ${status}`)]),
      ),
    );
    expect(statuses[1]).toEqual(statuses[0]);
  });

  it("of a folder of one's own become controls over every kind", async () => {
    const folder = writeRelease(newFolder(), []);
    writeFileSync(
      path.join(folder, 'no-selector.rego'),
      'package armo_builtins\nimport rego.v1\ndeny contains {"alertMessage": "has a selector", "alertObject": {"k8sApiObjects": [o]}} if { some o in input; o.spec.selector }\n',
    );
    const loaded = await loadCustomRules(folder);
    if (!loaded.ok) throw new Error(loaded.problem);
    const evaluation = await newEngine(loaded.artifacts.controls).evaluate();
    expect(verdict(evaluation, '/v1/shop/Service/web', 'custom-no-selector')).toMatchObject({ status: 'failed' });
    expect(verdict(evaluation, webId, 'custom-no-selector')).toEqual({ status: 'passed' });
  });
});

describe('rules without what they need', () => {
  it('are not evaluated where OPA is missing', async () => {
    const engine = await engineOf(writeRelease(newFolder(), [hostNetwork]), { opa: path.join(root, 'nothing') });
    const evaluation = await engine.evaluate();
    expect(verdict(evaluation, webId, 'S-1')).toMatchObject({
      status: 'notEvaluated',
      reason: 'error',
      detail: expect.stringMatching(/OPA not found: install OPA/),
    });
    expect(evaluation.problems).toHaveLength(1);
  });

  it('are not evaluated without the data that they are about', async () => {
    const dynamicMatch = [
      { apiGroups: ['hostdata.kubescape.cloud'], apiVersions: ['v1beta0'], resources: ['KubeletInfo'] },
    ];
    const engine = await engineOf(writeRelease(newFolder(), [{ ...hostNetwork, dynamicMatch }]));
    expect(verdict(await engine.evaluate(), webId, 'S-1')).toMatchObject({
      status: 'notEvaluated',
      reason: 'integration',
      detail: 'it needs host data, and the scan has none',
    });
  });
});
