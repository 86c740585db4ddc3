import { deployment, service } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn } from '../../testing/judge.ts';
import { externalFacing } from './c-0256-external-facing.ts';

const web = deployment({ name: 'web', namespace: 'shop', labels: { app: 'web' } });
const svc = (name: string, type: string, labels = { app: 'web' }) => service({ name, type, namespace: 'shop', labels });
const ingress = (spec: object, namespace = 'shop'): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'shop-window', namespace },
  spec,
});
const route = (name: string) => ({
  rules: [{ http: { paths: [{ path: '/', backend: { service: { name, port: { number: 80 } } } }] } }],
});

describe('C-0256 external facing', () => {
  it.each(['NodePort', 'LoadBalancer'])('fails behind a Service of type %s', (type) => {
    const [finding] = findingsOn(externalFacing, web, { others: [svc('front', type)] });
    expect(finding).toMatchObject({ found: 'Service "front"', relatedIds: ['/v1/shop/Service/front'] });
    expect(finding?.paths).toContainEqual({ type: 'review', path: 'spec.type', resourceId: '/v1/shop/Service/front' });
  });

  it('fails behind an Ingress, by a rule or by its default', () => {
    for (const spec of [route('front'), { defaultBackend: { service: { name: 'front' } } }]) {
      const [finding] = findingsOn(externalFacing, web, { others: [svc('front', 'ClusterIP'), ingress(spec)] });
      expect(finding?.relatedIds).toEqual(['networking.k8s.io/v1/shop/Ingress/shop-window', '/v1/shop/Service/front']);
    }
  });

  it('B02 gives one finding for two Services that select one workload, with both', () => {
    const findings = findingsOn(externalFacing, web, { others: [svc('a', 'NodePort'), svc('b', 'LoadBalancer')] });
    expect(findings).toHaveLength(1);
    expect(findings[0]?.message).toContain('Service "a", Service "b"');
  });

  it('passes behind a Service that stays inside, selects others, has no selector, or leads to no port', () => {
    const named: KubeObject = {
      ...svc('front', 'NodePort'),
      spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'metrics' }] },
    };
    for (const others of [
      [],
      [svc('front', 'ClusterIP')],
      [svc('front', 'NodePort', { app: 'db' })],
      [{ ...svc('front', 'NodePort'), spec: { type: 'NodePort', ports: [{ port: 80 }] } }],
      [named],
      [svc('front', 'ClusterIP'), ingress(route('other'))],
      [svc('front', 'ClusterIP'), ingress(route('front'), 'bank')],
    ])
      expect(findingsOn(externalFacing, web, { others })).toEqual([]);
  });
});
