import { controls, defaultRoles } from '@kso/controls';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import type { PolicyEngine } from './port.ts';
import { engineOf } from './testing/engine.ts';

const apiVersion = 'rbac.authorization.k8s.io/v1';
const rights = controls.filter(({ id }) => ['C-0002', 'C-0015', 'C-0035'].includes(id));

const bind = (name: string, more: Partial<KubeObject> = {}): KubeObject => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: { name: 'binding' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
  subjects: [{ kind: 'User', name: 'somebody' }],
  ...more,
});
const role = (name: string, labels: Record<string, string>, rules: readonly object[]): KubeObject => ({
  apiVersion,
  kind: 'ClusterRole',
  metadata: { name, labels },
  rules,
});
const exec = [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['create'] }];

/** What somebody fails by the binding. */
function failedIn(engine: PolicyEngine): string[] {
  engine.evaluate();
  return [...engine.results()]
    .filter(({ name }) => name === 'somebody')
    .flatMap(({ controls: judged }) => judged)
    .filter(({ status }) => status === 'failed')
    .map(({ controlId }) => controlId);
}

const failed = (...objects: readonly KubeObject[]): string[] =>
  failedIn(engineOf(objects, { controls: rights, assumedRoles: defaultRoles }));

describe('roles that may be bound without being among the objects', () => {
  it.each([
    ['cluster-admin', ['C-0002', 'C-0015', 'C-0035']],
    ['admin', ['C-0002', 'C-0015']],
    ['edit', ['C-0002', 'C-0015']],
    ['view', []],
    ['system:auth-delegator', []],
  ])('%s gives its rights', (name, expected) => {
    expect(failed(bind(name))).toEqual(expected);
  });

  it('take in what the objects add to them', () => {
    const part = role('terminal', { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' }, exec);
    expect(failed(bind('view'), part)).toEqual(['C-0002']);
    expect(failed(part, bind('view'))).toEqual(['C-0002']);
  });

  it('stand back for an object of the same name', () => {
    expect(failed(bind('cluster-admin'), role('cluster-admin', {}, exec))).toEqual(['C-0002']);
    expect(failed(bind('admin'), role('system:aggregate-to-edit', {}, []))).toEqual([]);
  });

  it('of a namespace are not those of another', () => {
    const reference = { kind: 'Role', name: 'extension-apiserver-authentication-reader' };
    const inNamespace = (namespace: string) =>
      bind('', { kind: 'RoleBinding', metadata: { name: 'binding', namespace }, roleRef: reference });
    const unresolved = (object: KubeObject) =>
      engineOf([object], { assumedRoles: defaultRoles })
        .unresolvedBindings()
        .map(({ role: name }) => name);
    expect(unresolved(inNamespace('kube-system'))).toEqual([]);
    expect(unresolved(inNamespace('shop'))).toEqual(['Role/shop/extension-apiserver-authentication-reader']);
  });

  it('are none in a cluster', () => {
    const engine = engineOf([bind('cluster-admin')], { controls: rights });
    expect(failedIn(engine)).toEqual([]);
    expect(engine.unresolvedBindings()).toEqual([
      { binding: bind('cluster-admin'), role: 'ClusterRole/cluster-admin' },
    ]);
  });
});

it('a binding is unresolved until its role comes, and again when that goes', () => {
  const own = role('own', {}, exec);
  const engine = engineOf([bind('own')], { controls: rights });
  expect(engine.unresolvedBindings()).toHaveLength(1);
  engine.apply({ type: 'added', object: own });
  expect(failedIn(engine)).toEqual(['C-0002']);
  expect(engine.unresolvedBindings()).toEqual([]);
  engine.apply({ type: 'deleted', object: own });
  expect(failedIn(engine)).toEqual([]);
  expect(engine.unresolvedBindings()).toHaveLength(1);
});
