import { builtInCatalogue, defaultControlInputs, withControlInputs } from '@kso/controls';
import { readExceptions } from '@kso/domain';
import { deployment, namespace, pod } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { createSummaryCounter } from './summary.ts';
import { engineOf, statusOf } from './testing/engine.ts';

const webId = 'apps/v1/shop/Deployment/web';
const dbId = 'apps/v1/shop/Deployment/db';
const privileged = { securityContext: { privileged: true } };
const web = deployment({ name: 'web', namespace: 'shop', container: privileged });
const db = deployment({ name: 'db', namespace: 'shop', container: privileged });
const shop = namespace('shop', { team: 'payments' });

const given = (...policies: object[]) =>
  readExceptions(policies, { source: 'file', origin: 'exceptions.json' }).exceptions;

const forWeb = (rest: object = {}) => ({
  name: 'web may',
  resources: [{ attributes: { kind: 'Deployment', name: 'web' } }],
  posturePolicies: [{ controlID: 'C-0057' }],
  ...rest,
});

const custom = (match: object, name = 'pay-privileged'): KubeObject => ({
  apiVersion: 'kubescape.io/v1beta1',
  kind: 'ClusterSecurityException',
  metadata: { name },
  spec: { match, posture: [{ controlID: 'C-0057', action: 'ignore' }] },
});

describe('exceptions in the engine', () => {
  it('cover what they name, and the finding carries them', () => {
    const engine = engineOf([web, db], { exceptions: given(forWeb({ reason: 'old' })) });
    expect([statusOf(engine, webId, 'C-0057'), statusOf(engine, dbId, 'C-0057')]).toEqual(['passed', 'failed']);
    const control = engine.result(webId)?.controls.find(({ controlId }) => controlId === 'C-0057');
    expect(control?.rules[0]?.verdict).toMatchObject({
      accepted: [{ exceptions: [{ id: 'exceptions.json: web may', policy: { reason: 'old' } }] }],
    });
  });

  it('change the keys of the results that they cover, and no others', () => {
    const engine = engineOf([web, db]);
    const before = [webId, dbId].map((id) => engine.result(id)?.idempotencyKey);
    engine.update({ exceptions: given(forWeb()) });
    expect(engine.pending).toBe(1);
    expect(engine.evaluate().changed.map(({ resourceId }) => resourceId)).toEqual([webId]);
    expect(engine.result(dbId)?.idempotencyKey).toBe(before[1]);
    engine.update({ exceptions: [] });
    engine.evaluate();
    expect([webId, dbId].map((id) => engine.result(id)?.idempotencyKey)).toEqual(before);
  });

  it('end when they expire', () => {
    const exceptions = given(forWeb({ expirationDate: '2026-06-01T00:00:00Z' }));
    const until = Date.parse('2026-06-01T00:00:00Z');
    const engine = engineOf([web], { exceptions, now: until - 1 });
    expect([statusOf(engine, webId, 'C-0057'), engine.nextExpiry]).toEqual(['passed', until]);
    engine.expireExceptions(until);
    engine.evaluate();
    expect([statusOf(engine, webId, 'C-0057'), engine.nextExpiry]).toEqual(['failed', undefined]);
    expect(engine.exceptionAudit()).toMatchObject([{ status: 'expired' }]);
  });

  it('of objects come and go with them', () => {
    const exception = custom({ namespaceSelector: { matchLabels: { team: 'payments' } } });
    const engine = engineOf([web, shop]);
    engine.apply({ type: 'added', object: exception });
    engine.evaluate();
    expect(statusOf(engine, webId, 'C-0057')).toBe('passed');
    engine.apply({ type: 'modified', object: namespace('shop', { team: 'other' }) });
    engine.evaluate();
    expect(statusOf(engine, webId, 'C-0057')).toBe('failed');
    engine.apply({ type: 'modified', object: shop });
    engine.apply({ type: 'deleted', object: exception });
    engine.evaluate();
    expect(statusOf(engine, webId, 'C-0057')).toBe('failed');
  });

  it('of annotations count when they are asked for', () => {
    const annotations = { 'kubescape.io/skip-controls': 'C-0057', 'kubescape.io/skip-expiry': '2026-06-01T00:00:00Z' };
    const object = deployment({ name: 'web', namespace: 'shop', container: privileged, metadata: { annotations } });
    const until = Date.parse('2026-06-01T00:00:00Z');
    const engine = engineOf([object], { inlineExceptions: true, now: until - 1 });
    expect([statusOf(engine, webId, 'C-0057'), engine.nextExpiry]).toEqual(['passed', until]);
    engine.expireExceptions(until);
    engine.evaluate();
    expect(statusOf(engine, webId, 'C-0057')).toBe('failed');
    expect(statusOf(engineOf([object], { now: until - 1 }), webId, 'C-0057')).toBe('failed');
  });

  it('of a request take the place of those that were given, without a trace', () => {
    const engine = engineOf([web, db], { exceptions: given(forWeb()) });
    const forDb = given({ ...forWeb(), resources: [{ attributes: { name: 'db' } }] });
    const statuses = Array.from(engine.resultsWith(forDb), ({ resourceId, controls }) => [
      resourceId,
      controls.find(({ controlId }) => controlId === 'C-0057')?.status,
    ]);
    expect(statuses).toEqual([
      [webId, 'failed'],
      [dbId, 'passed'],
    ]);
    expect(engine.exceptionAudit(forDb)).toMatchObject([{ status: 'applied', resources: 1, findings: 1 }]);
    expect(statusOf(engine, webId, 'C-0057')).toBe('passed');
    expect(engine.pending).toBe(0);
  });

  it('cover RBAC subjects by the role or the binding behind them', () => {
    const rbac = 'rbac.authorization.k8s.io/v1';
    const role: KubeObject = {
      apiVersion: rbac,
      kind: 'ClusterRole',
      metadata: { name: 'admin' },
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    };
    const binding: KubeObject = {
      apiVersion: rbac,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'admins' },
      roleRef: { kind: 'ClusterRole', name: 'admin' },
      subjects: [{ kind: 'User', name: 'ann' }],
    };
    const exceptions = given({
      resources: [{ attributes: { kind: 'ClusterRoleBinding', name: 'admins' } }],
      posturePolicies: [{ controlID: 'C-0035' }],
    });
    const failing = (engine: ReturnType<typeof engineOf>) =>
      Array.from(engine.results()).flatMap(({ controls }) =>
        controls.filter(({ controlId, status }) => controlId === 'C-0035' && status === 'failed'),
      ).length;
    expect([failing(engineOf([role, binding])), failing(engineOf([role, binding], { exceptions }))]).toEqual([1, 0]);
  });
});

describe('B14 an exception that matches nothing', () => {
  const problemOf = (objects: readonly KubeObject[], exceptions = given()) =>
    engineOf(objects, { exceptions })
      .exceptionAudit()
      .map(({ id, status, problem }) => [id, status, problem]);

  it('covers nothing and says that no namespace has its labels', () => {
    const exception = custom({ namespaceSelector: { matchLabels: { team: 'paymnets' } } });
    const engine = engineOf([web, shop, exception]);
    expect(statusOf(engine, webId, 'C-0057')).toBe('failed');
    expect(problemOf([web, shop, exception])).toEqual([
      [
        'ClusterSecurityException pay-privileged',
        'unused',
        'no namespace has the labels that its namespaceSelector asks for',
      ],
    ]);
  });

  it.each([
    [forWeb({ resources: [{ attributes: { name: 'wbe' } }] }), 'it names no resource of this scan'],
    [forWeb({ posturePolicies: [{ controlID: 'C-9999' }] }), 'it names no control of this scan'],
    [forWeb({ posturePolicies: [{ frameworkName: 'NSAA' }] }), 'it names no framework that there is'],
    [forWeb({ posturePolicies: [{ controlID: 'C-0270' }] }), 'the resources that it names do not fail its controls'],
  ])('%j: %s', (policy, problem) => {
    const limited = deployment({
      name: 'web',
      namespace: 'shop',
      container: { ...privileged, resources: { limits: { cpu: '1' }, requests: { cpu: '1' } } },
    });
    expect(problemOf([limited], given(policy))).toEqual([['exceptions.json: web may', 'unused', problem]]);
  });

  it('is told of when it cannot be read', () => {
    expect(problemOf([custom({ namespaceSelector: { matchLabels: 'team' } })])).toMatchObject([
      ['ClusterSecurityException pay-privileged', 'invalid', expect.stringContaining('namespaceSelector') as unknown],
    ]);
    const engine = engineOf([web]);
    const [kind] = engine.kinds.filter(({ kind: name }) => name === 'ClusterSecurityException');
    if (kind === undefined) throw new Error('the kind is not watched');
    engine.apply({ type: 'failed', kind, reason: 'forbidden', detail: '403' });
    expect(engine.failedKinds()).toHaveLength(1);
  });
});

describe('the summary with exceptions', () => {
  const infos = builtInCatalogue.controls.filter(({ id }) => id === 'C-0057' || id === 'C-0286');
  const frameworks = ['NSA', 'MITRE'].map((name) => ({ name, controls: infos.map(({ id }) => ({ id })) }));

  it('counts what is accepted, and takes framework limits for what they are', () => {
    const exceptions = given(forWeb(), {
      ...forWeb(),
      name: 'db in NSA',
      resources: [{ attributes: { name: 'db' } }],
      posturePolicies: [{ frameworkName: 'NSA' }],
    });
    const engine = engineOf([web, db], { exceptions });
    const counter = createSummaryCounter(infos, frameworks);
    for (const result of engine.results()) counter.add(result, 1);
    const summary = counter.summary(new Map());
    expect(summary.controls[0]).toMatchObject({ status: 'failed', accepted: 1, tally: { passed: 1, failed: 1 } });
    expect(summary.frameworks[0]?.differing).toMatchObject([
      { controlId: 'C-0057', status: 'passed', subStatus: 'w/exceptions', accepted: 2 },
    ]);
    expect(summary.frameworks[0]).toMatchObject({ tally: { passed: 2, failed: 0 } });
    expect(summary.frameworks[1]?.differing).toBeUndefined();
    for (const result of engine.results()) counter.remove(result, 1);
    expect(counter.summary(new Map()).frameworks[0]).toMatchObject({ tally: { passed: 0, failed: 0, skipped: 0 } });
  });

  it('covers controls without resources by exceptions for the whole cluster', () => {
    const accepted = (attributes: object) => {
      const exceptions = given({ resources: [{ attributes }], posturePolicies: [{ controlID: 'C-0286' }] });
      const engine = engineOf([], { exceptions, clusterName: 'prod' });
      return createSummaryCounter(infos, frameworks).summary(new Map(), engine.acceptedControls()).controls[1];
    };
    expect(accepted({ cluster: 'prod' })).toMatchObject({
      status: 'passed',
      subStatus: 'w/exceptions',
      compliance: 100,
    });
    expect(accepted({ cluster: 'test' })).toMatchObject({ status: 'skipped', subStatus: 'manual review' });
    expect(accepted({ kind: 'Pod' })).toMatchObject({ status: 'skipped' });
  });
});

it('other control inputs concern only what reads them', () => {
  const engine = engineOf([web, shop]);
  engine.update({ inputs: withControlInputs({ insecureCapabilities: ['CHOWN'] }) });
  expect(engine.pending).toBe(1);
  engine.update({ inputs: defaultControlInputs });
  engine.evaluate();
  expect(engine.pending).toBe(0);
});

it('results of controls that are evaluated elsewhere are joined, excepted, and leave again', () => {
  const engine = engineOf([pod({ name: 'p', namespace: 'shop' })], {
    exceptions: given({
      resources: [{ attributes: { name: 'settings' } }],
      posturePolicies: [{ controlID: 'custom-x' }],
    }),
  });
  const id = '/v1/shop/ConfigMap/settings';
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'shop' } };
  const failed = {
    controlId: 'custom-x',
    status: 'failed',
    rules: [{ rule: 'x', verdict: { status: 'failed', findings: [{ message: 'no', paths: [] }] } }],
  } as const;
  engine.setForeignResults({
    results: new Map([
      [id, [failed]],
      ['/v1/shop/Pod/p', [failed]],
    ]),
    resources: new Map([
      [id, { id, object, weight: 1, namespace: 'shop', apiVersion: 'v1', kind: 'ConfigMap', name: 'settings' }],
    ]),
  });
  expect(
    engine
      .evaluate()
      .changed.map(({ resourceId }) => resourceId)
      .sort(),
  ).toEqual([id, '/v1/shop/Pod/p'].sort());
  expect([statusOf(engine, id, 'custom-x'), statusOf(engine, '/v1/shop/Pod/p', 'custom-x')]).toEqual([
    'passed',
    'failed',
  ]);
  engine.setForeignResults({ results: new Map(), resources: new Map() });
  const { changed, removed } = engine.evaluate();
  expect([changed.map(({ resourceId }) => resourceId), removed]).toEqual([['/v1/shop/Pod/p'], [id]]);
});
