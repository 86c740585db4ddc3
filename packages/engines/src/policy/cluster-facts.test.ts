import { daemonSet, deployment, job, namespace } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { createSummaryCounter } from './summary.ts';
import { engineOf } from './testing/engine.ts';

const node = (name: string, taint?: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels },
  spec: taint === undefined ? {} : { taints: [{ key: taint, effect: 'NoSchedule' }] },
});

const controlPlane = 'node-role.kubernetes.io/control-plane';

describe('what the objects tell about the cluster', () => {
  it('counts worker nodes, and objects at the top by namespace', () => {
    const engine = engineOf([
      node('cp', controlPlane),
      node('a'),
      node('b', 'gpu'),
      namespace('shop'),
      deployment({ name: 'web', namespace: 'shop' }),
      daemonSet({ name: 'logs', namespace: 'shop' }),
      job({ name: 'once', namespace: 'shop' }),
      deployment({ name: 'db', namespace: 'bank' }),
    ]);
    expect(engine.context()).toEqual({
      namespaceToNumberOfResources: { shop: 2, bank: 1 },
      numberOfWorkerNodes: 2,
      cloudProvider: undefined,
    });
    engine.apply({ type: 'deleted', object: deployment({ name: 'db', namespace: 'bank' }) });
    expect(engine.context().namespaceToNumberOfResources).toEqual({ shop: 2 });
  });

  it('does not guess where there are no nodes, and knows a managed cluster by its nodes', () => {
    expect(engineOf([]).context().numberOfWorkerNodes).toBeUndefined();
    const labels = { 'eks.amazonaws.com/nodegroup': 'x' };
    expect(engineOf([node('a', undefined, labels)]).context().cloudProvider).toBe('EKS');
  });
});

describe('weights', () => {
  const logs = daemonSet({ name: 'logs', namespace: 'shop' });
  const id = 'apps/v1/shop/DaemonSet/logs';

  it('of a DaemonSet are its pods, or as many as there are nodes', () => {
    const running = (pods: number): KubeObject => ({ ...logs, status: { desiredNumberScheduled: pods } });
    const engine = engineOf([running(3), node('a'), node('b')]);
    expect(engine.resource(id)?.weight).toBe(3);
    // That it runs on more nodes is no change of the object, and nothing is evaluated for it.
    engine.apply({ type: 'modified', object: running(5) });
    expect([engine.pending, engine.resource(id)?.weight]).toEqual([0, 5]);
    expect(engineOf([logs, node('a'), node('b')]).resource(id)?.weight).toBe(2);
    expect(engineOf([logs]).resource(id)?.weight).toBe(1);
  });

  it('make the risk of a scan: pods that fail, by the base score', () => {
    const privileged = { securityContext: { privileged: true } };
    const engine = engineOf([
      deployment({ name: 'bad', namespace: 'shop', container: privileged, replicas: 3 }),
      deployment({ name: 'good', namespace: 'shop', replicas: 1 }),
      { ...logs, status: { desiredNumberScheduled: 2 } },
    ]);
    const infos = [
      { id: 'C-0057', name: 'x', baseScore: 8, category: undefined, scopes: [], description: '', remediation: '' },
    ];
    const counter = createSummaryCounter(infos, [{ name: 'ours', controls: [{ id: 'C-0057' }] }]);
    for (const result of engine.results())
      if (result.kind !== 'Node') counter.add(result, engine.resource(result.resourceId)?.weight ?? 0);
    const { controls, frameworks, riskScore } = counter.summary(new Map());
    // 3 replicas weigh 3.3; 3.3 of 3.3 + 1 + 2.
    for (const risk of [controls[0]?.riskScore, frameworks[0]?.riskScore, riskScore])
      expect(risk).toBeCloseTo(52.381, 3);
  });
});
