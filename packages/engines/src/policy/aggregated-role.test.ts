import { controls } from '@kso/controls';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { engineOf } from './testing/engine.ts';

const apiVersion = 'rbac.authorization.k8s.io/v1';
const rights = controls.filter(({ id }) => ['C-0002', 'C-0007', 'C-0015', 'C-0035'].includes(id));

const binding: KubeObject = {
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: { name: 'b' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'all' },
  subjects: [{ kind: 'User', name: 'somebody' }],
};
const everything = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
const part: KubeObject = {
  apiVersion,
  kind: 'ClusterRole',
  metadata: { name: 'part', labels: { 'aggregate-to': 'all' } },
  rules: everything,
};
const whole = (more: object = { rules: [] }): KubeObject => ({
  apiVersion,
  kind: 'ClusterRole',
  metadata: { name: 'all' },
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'aggregate-to': 'all' } }] },
  ...more,
});

/** Controls that somebody fails by the binding. */
function failed(engine: ReturnType<typeof engineOf>): string[] {
  engine.evaluate();
  return [...engine.results()]
    .filter(({ name }) => name === 'somebody')
    .flatMap(({ controls: judged }) => judged)
    .filter(({ rules }) => rules.some(({ verdict }) => verdict.status === 'failed'))
    .map(({ controlId }) => controlId);
}

const apply = (
  engine: ReturnType<typeof engineOf>,
  type: 'added' | 'modified' | 'deleted',
  ...objects: KubeObject[]
) => {
  for (const object of objects) engine.apply({ type, object });
};

describe('a ClusterRole whose rules come from others', () => {
  it('in manifests may do what those may, in whatever order they come', () => {
    const direct = engineOf([], { controls: rights });
    apply(direct, 'added', binding, whole({ aggregationRule: undefined, rules: everything }));
    const expected = failed(direct);
    expect(expected).toEqual(['C-0002', 'C-0007', 'C-0015', 'C-0035']);
    for (const order of [
      [binding, whole(), part],
      [part, whole(), binding],
      [whole(), binding, part],
    ]) {
      const engine = engineOf([], { controls: rights });
      apply(engine, 'added', ...order);
      expect(failed(engine)).toEqual(expected);
    }
  });

  it('follows them: another label, other rules, none any more', () => {
    const engine = engineOf([], { controls: rights });
    apply(engine, 'added', binding, whole(), part);
    expect(failed(engine)).not.toEqual([]);
    apply(engine, 'modified', { ...part, metadata: { name: 'part', labels: {} } });
    expect(failed(engine)).toEqual([]);
    apply(engine, 'modified', part);
    expect(failed(engine)).not.toEqual([]);
    apply(engine, 'modified', { ...part, rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }] });
    expect(failed(engine)).toEqual([]);
    apply(engine, 'modified', part);
    apply(engine, 'deleted', part);
    expect(failed(engine)).toEqual([]);
  });

  it('takes what its parts are put together from, also where two take each other', () => {
    const middle = {
      ...whole(),
      metadata: { name: 'middle', labels: { 'aggregate-to': 'all' } },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'aggregate-to': 'middle' } }] },
    };
    const innermost = { ...part, metadata: { name: 'part', labels: { 'aggregate-to': 'middle' } } };
    const engine = engineOf([], { controls: rights });
    apply(engine, 'added', binding, whole(), middle);
    expect(failed(engine)).toEqual([]);
    apply(engine, 'added', innermost);
    expect(failed(engine)).not.toEqual([]);
    apply(engine, 'modified', { ...whole(), metadata: { name: 'all', labels: { 'aggregate-to': 'middle' } } });
    expect(failed(engine)).not.toEqual([]);
    apply(engine, 'deleted', innermost);
    expect(failed(engine)).toEqual([]);
  });

  it('in a cluster is what the controller has written', () => {
    const engine = engineOf([], { controls: rights });
    const written = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }];
    apply(engine, 'added', binding, whole({ rules: written }), part);
    expect(failed(engine)).toEqual([]);
  });
});
