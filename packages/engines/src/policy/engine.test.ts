import { controls, defaultControlInputs, kindName, kinds, passed } from '@kso/controls';
import { cronJob, deployment, job, namespace, pod, service } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { allResults, control, engineOf, sample, statusOf } from './testing/engine.ts';

const rbac = 'rbac.authorization.k8s.io/v1';
const web = deployment({ name: 'web', namespace: 'shop', labels: { app: 'web' } });
const webId = 'apps/v1/shop/Deployment/web';
const db = deployment({ name: 'db', namespace: 'shop', labels: { app: 'db' } });
const account = (automountServiceAccountToken: boolean): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'default', namespace: 'shop' },
  automountServiceAccountToken,
});
const readers: KubeObject = {
  apiVersion: rbac,
  kind: 'ClusterRole',
  metadata: { name: 'readers' },
  rules: [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'] }],
};
const binding: KubeObject = {
  apiVersion: rbac,
  kind: 'ClusterRoleBinding',
  metadata: { name: 'readers' },
  roleRef: { kind: 'ClusterRole', name: 'readers' },
  subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'shop' }],
};
const vectorId = `/shop/ServiceAccount/default/${rbac}//ClusterRole/readers/${rbac}//ClusterRoleBinding/readers`;

describe('the policy engine', () => {
  it('gives every resource a result of every control that judges it', () => {
    const engine = engineOf([web, namespace('shop'), readers, binding, service({ name: 'front' })]);
    expect(Object.keys(allResults(engine)).sort()).toEqual(['/v1//Namespace/shop', vectorId, webId].sort());
    expect(engine.result(webId)?.controls.map(({ controlId }) => controlId)).toContain('C-0057');
    expect(engine.result(vectorId)?.controls.map(({ controlId }) => controlId)).toEqual(['C-0002', 'C-0015', 'C-0035']);
  });

  it('evaluates a changed object and nothing else', () => {
    const engine = engineOf([web, db]);
    const privileged = {
      ...web,
      spec: { template: { spec: { containers: [{ name: 'c', securityContext: { privileged: true } }] } } },
    };
    engine.apply({ type: 'modified', object: privileged });
    expect(engine.pending).toBe(1);
    const { changed, removed } = engine.evaluate();
    expect(changed.map(({ resourceId }) => resourceId)).toEqual([webId]);
    expect(removed).toEqual([]);
    expect(statusOf(engine, webId, 'C-0057')).toBe('failed');
  });

  it('evaluates what asked about an object when it comes, changes and goes', () => {
    const engine = engineOf([web]);
    const service1 = service({ name: 'front', namespace: 'shop', labels: { app: 'web' }, type: 'NodePort' });
    const exposed = (): boolean => statusOf(engine, webId, 'C-0256') === 'failed';
    expect(exposed()).toBe(false);
    engine.apply({ type: 'added', object: service1 });
    expect(engine.evaluate().changed).toHaveLength(1);
    expect(exposed()).toBe(true);
    engine.apply({ type: 'modified', object: service({ name: 'front', namespace: 'shop', labels: { app: 'web' } }) });
    engine.evaluate();
    expect(exposed()).toBe(false);
    engine.apply({ type: 'modified', object: service1 });
    engine.apply({ type: 'deleted', object: service1 });
    engine.evaluate();
    expect(exposed()).toBe(false);
  });

  it('asks only workloads whose labels a Service selects, before or after its change', () => {
    const engine = engineOf([web, db]);
    const front = (app: string): KubeObject =>
      service({ name: 'front', namespace: 'shop', labels: { app }, type: 'NodePort' });
    engine.apply({ type: 'added', object: front('web') });
    expect(engine.pending).toBe(1);
    engine.evaluate();
    engine.apply({ type: 'modified', object: front('db') });
    expect(engine.pending).toBe(2);
  });

  it('follows rights through bindings and roles', () => {
    const engine = engineOf([web]);
    const takeover = (): unknown => statusOf(engine, webId, 'C-0267');
    expect(takeover()).toBe('passed');
    engine.apply({ type: 'added', object: binding });
    engine.evaluate();
    expect(takeover()).toBe('passed');
    engine.apply({ type: 'added', object: readers });
    engine.evaluate();
    expect(takeover()).toBe('failed');
    expect(statusOf(engine, vectorId, 'C-0015')).toBe('failed');
    engine.apply({ type: 'modified', object: { ...readers, rules: [] } });
    engine.evaluate();
    expect(takeover()).toBe('passed');
    expect(statusOf(engine, vectorId, 'C-0015')).toBe('passed');
    engine.apply({ type: 'deleted', object: readers });
    expect(engine.evaluate().removed).toEqual([vectorId]);
  });

  it('answers the results that have to do with an object, also when it is gone', () => {
    const engine = engineOf([web, account(true), readers, binding]);
    const ids = (kind: string, name: string, place?: string): string[] =>
      engine.resultsOf({ kind, name, namespace: place }).map(({ resourceId }) => resourceId);
    expect(ids('Deployment', 'web', 'shop')).toEqual([webId]);
    expect(ids('ServiceAccount', 'default', 'shop')).toEqual([webId]);
    expect(ids('ClusterRole', 'readers')).toEqual([vectorId]);
    engine.apply({ type: 'deleted', object: account(true) });
    engine.evaluate();
    expect(ids('ServiceAccount', 'default', 'shop')).toEqual([webId]);
    expect(ids('Pod', 'web', 'shop')).toEqual([]);
  });

  it('knows the children of workloads, as long as they are there and are owned', () => {
    const named = { kind: 'Pod', name: 'web-1', namespace: 'shop' };
    const naked = pod(named);
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: '1' };
    const owned = { ...naked, metadata: { ...naked.metadata, ownerReferences: [owner] } };
    const engine = engineOf([owned]);
    expect(engine.isOwnedChild(named)).toBe(true);
    expect(engine.isOwnedChild({ ...named, name: 'web-2' })).toBe(false);
    engine.apply({ type: 'modified', object: naked });
    expect(engine.isOwnedChild(named)).toBe(false);
    engine.apply({ type: 'modified', object: owned });
    engine.apply({ type: 'deleted', object: owned });
    expect(engine.isOwnedChild(named)).toBe(false);
  });

  it('evaluates in slices', () => {
    const engine = engineOf([]);
    for (const name of ['a', 'b', 'c']) engine.apply({ type: 'added', object: pod({ name }) });
    expect(engine.evaluate(2).changed).toHaveLength(2);
    expect(engine.pending).toBe(1);
    expect(engine.evaluate(2).changed).toHaveLength(1);
  });

  it('takes no notice of objects that are none, and repairs odd envelopes', () => {
    const odd = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'odd', labels: null, annotations: 7, ownerReferences: {} },
      spec: null,
    };
    const engine = engineOf([
      {},
      { kind: 'Pod' },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 5 } },
      null,
      odd,
    ] as unknown as KubeObject[]);
    expect(engine.objects).toBe(1);
  });
});

describe('children of workloads', () => {
  const owned = (object: KubeObject, apiVersion: string): KubeObject => ({
    ...object,
    metadata: { ...object.metadata, ownerReferences: [{ apiVersion, kind: 'Owner', name: 'o' }] },
  });

  it.each([
    ['a Pod of a ReplicaSet', owned(pod(), 'apps/v1')],
    ['a Job of a CronJob', owned(job(), 'batch/v1')],
    ['a Pod of an old CronJob', owned(pod(), 'batch/v1beta1')],
    ['a Pod that lost its owner', pod({ labels: { 'pod-template-hash': 'abc' } })],
  ])('%s is not judged', (_what, object) => {
    expect(engineOf([object]).objects).toBe(0);
  });

  it.each([
    ['a naked Pod', pod()],
    ['the mirror of a static Pod', owned(pod(), 'v1')],
    ['a ReplicaSet of a custom controller', owned(pod(), 'argoproj.io/v1alpha1')],
    ['a CronJob', owned(cronJob(), 'apps/v1')],
  ])('%s is judged', (_what, object) => {
    expect(Object.keys(allResults(engineOf([object])))).toHaveLength(1);
  });

  it('a Pod that is taken over by a workload goes', () => {
    const engine = engineOf([pod({ name: 'p' })]);
    engine.apply({ type: 'modified', object: owned(pod({ name: 'p' }), 'apps/v1') });
    expect(engine.evaluate().removed).toEqual(['/v1/default/Pod/p']);
  });
});

describe('idempotency keys', () => {
  const keyOf = (objects: readonly KubeObject[], options: Parameters<typeof engineOf>[1] = {}): string | undefined =>
    engineOf(objects, options).result(webId)?.idempotencyKey;
  const bare = keyOf([web]);

  it('are the same for the same question, in a scan of two and of many, in any order', () => {
    const others = Array.from({ length: 50 }, (_, index) => deployment({ name: `d${index}`, namespace: 'bank' }));
    expect(keyOf([...others, web])).toBe(bare);
    expect(keyOf([web, db])).toBe(bare);
    const front = service({ name: 'front', namespace: 'shop', labels: { app: 'web' } });
    expect(keyOf([account(true), front, web])).toBe(keyOf([web, front, account(true)]));
  });

  it('change with the object, with what it depends on, with inputs, exceptions and the library', () => {
    const relabelled = { ...web, metadata: { ...web.metadata, labels: { a: 'b' } } };
    const keys = [
      bare,
      keyOf([relabelled]),
      keyOf([web, account(true)]),
      keyOf([web, account(false)]),
      keyOf([web], { libraryVersion: '2' }),
      keyOf([web], { libraryVersion: 'x' }),
      keyOf([web], { controls: controls.slice(1) }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('do not change with what no control sees', () => {
    const noise = {
      ...web,
      metadata: { ...web.metadata, resourceVersion: '9', generation: 7, managedFields: [] },
      status: { replicas: 3 },
    };
    expect(keyOf([noise])).toBe(bare);
    const engine = engineOf([web]);
    engine.apply({ type: 'modified', object: noise });
    expect(engine.pending).toBe(0);
  });

  it('are left out when nobody keeps results', () => {
    expect(keyOf([web], { incremental: false })).toBe('');
  });
});

describe('what is not evaluated', () => {
  it('B02 a control that throws is marked with its error, and every other control reports', () => {
    const broken = control('C-0013', {
      check: () => {
        throw new TypeError('two values');
      },
    });
    const engine = engineOf([web], { controls: [broken, ...sample.filter(({ id }) => id !== 'C-0013')] });
    const result = engine.result(webId)?.controls.find(({ controlId }) => controlId === 'C-0013');
    expect(result?.rules[0]?.verdict).toEqual({ status: 'notEvaluated', reason: 'error', detail: 'two values' });
    expect(engine.result(webId)?.controls.filter(({ status }) => status === 'notEvaluated')).toHaveLength(1);
  });

  it('a rule may read nothing that it does not declare', () => {
    const nosy = control('C-0013', {
      check: (_target: unknown, context: { related: { all(kind: unknown): unknown } }) => {
        context.related.all(kinds.secret);
        return passed;
      },
    });
    const [result] = engineOf([web], { controls: [nosy] }).result(webId)?.controls ?? [];
    expect(result?.rules[0]?.verdict).toMatchObject({ reason: 'error', detail: expect.stringContaining('Secret') });
  });

  it('a control that needs configuration says so when all of its inputs are empty', () => {
    const inputs = { ...defaultControlInputs, insecureCapabilities: [] };
    const engine = engineOf([web], { inputs });
    const result = engine.result(webId)?.controls.find(({ controlId }) => controlId === 'C-0046');
    expect(result?.rules[0]?.verdict).toMatchObject({ status: 'notEvaluated', reason: 'configuration' });
  });

  const relating = controls.flatMap((relatingControl) =>
    relatingControl.rules.flatMap((rule) =>
      rule.related.map((kind) => ({ id: relatingControl.id, relatingControl, rule, kind, name: kindName(kind) })),
    ),
  );
  const pods = { spec: { containers: [{ name: 'c' }] } };
  /** One object of every kind, and what some controls need to have an opinion at all. */
  const everything = [
    deployment({ name: 'web', namespace: 'shop', image: 'registry.k8s.io/ingress-nginx/controller:v1.0.0' }),
    pod({ name: 'etcd', namespace: 'kube-system', container: { command: ['etcd'] } }),
    pod({ name: 'kube-apiserver', namespace: 'kube-system', container: { command: ['kube-apiserver'] } }),
    ...engineOf([], { controls }).kinds.map(
      ({ group, kind }): KubeObject => ({
        apiVersion: group === '' ? 'v1' : `${group}/v1`,
        kind,
        metadata: { name: 'x', namespace: 'shop' },
        spec: { ...pods.spec, template: pods, jobTemplate: { spec: { template: pods } } },
        data: { gitVersion: 'v1.36.0' },
      }),
    ),
  ];
  it.each(relating)('B10 $id is not evaluated while $name cannot be read', ({ relatingControl, rule, kind, name }) => {
    const engine = engineOf(everything, { controls: [relatingControl] });
    const verdicts = () =>
      Object.values(allResults(engine)).flatMap((result) =>
        result.controls.flatMap(({ rules }) => rules.filter((ruled) => ruled.rule === rule.name)),
      );
    engine.apply({ type: 'failed', kind, reason: 'forbidden', detail: '403' });
    engine.evaluate();
    expect(verdicts().length).toBeGreaterThan(0);
    for (const { verdict } of verdicts())
      expect(verdict).toMatchObject({ status: 'notEvaluated', reason: 'missingKinds', missingKinds: [name] });

    engine.apply({ type: 'synced', kind });
    engine.evaluate();
    for (const { verdict } of verdicts()) expect(verdict).not.toMatchObject({ reason: 'missingKinds' });
  });

  it('an outage after everything was read leaves the results; before, or when rights are lost, it does not', () => {
    const kind = kinds.serviceAccount;
    const engine = engineOf([web]);
    engine.apply({ type: 'failed', kind, reason: 'unreachable', detail: 'connection refused' });
    expect(engine.failedKinds()).toHaveLength(1);
    engine.apply({ type: 'synced', kind });
    engine.apply({ type: 'failed', kind, reason: 'unreachable', detail: 'connection refused' });
    expect(engine.failedKinds()).toEqual([]);
    engine.apply({ type: 'failed', kind, reason: 'forbidden', detail: '403' });
    expect(engine.failedKinds()).toHaveLength(1);
  });

  it('a kind that the cluster does not serve is missed by nobody', () => {
    const engine = engineOf([web]);
    engine.apply({ type: 'failed', kind: kinds.ciliumNetworkPolicy, reason: 'notServed', detail: 'no such kind' });
    expect(engine.failedKinds()).toEqual([]);
    expect(engine.pending).toBe(0);
  });
});
