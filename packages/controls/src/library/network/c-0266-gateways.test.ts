import { deployment, service } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../../testing/judge.ts';
import { gatewayExposure } from './c-0266-gateways.ts';

const labels = { app: 'web' };
const web: KubeObject = {
  ...deployment({ namespace: 'shop' }),
  spec: { template: { metadata: { labels }, spec: { containers: [] } } },
};
const webService: KubeObject = { ...service({ name: 'web', namespace: 'shop' }), spec: { selector: labels } };
const object = (apiVersion: string, kind: string, spec: unknown, namespace = 'shop'): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'x', namespace },
  spec,
});
const route = (reference: object) =>
  object('gateway.networking.k8s.io/v1', 'HTTPRoute', { rules: [{ backendRefs: [reference] }] });
const gateway = object('networking.istio.io/v1', 'Gateway', { servers: [{ hosts: ['*'] }] }, 'istio');
const virtual = (gateways: unknown, host: string) =>
  object('networking.istio.io/v1', 'VirtualService', { gateways, http: [{ route: [{ destination: { host } }] }] });
const istio = { id: 'C-0266', rules: gatewayExposure.rules.slice(1) };

describe('C-0266 exposure by gateways', () => {
  it('fails a workload behind a route', () => {
    expect(findingsOn(gatewayExposure, web, { others: [webService, route({ name: 'web' })] })).toMatchObject([
      { found: 'HTTPRoute "x"' },
    ]);
  });

  it('passes routes to others', () => {
    for (const reference of [{ name: 'api' }, { name: 'web', namespace: 'bank' }, { name: 'web', kind: 'Bucket' }])
      expect(findingsOn(gatewayExposure, web, { others: [webService, route(reference)] })).toEqual([]);
    expect(verdictOn(gatewayExposure, web, { others: [route({ name: 'web' })] })).toEqual({ status: 'passed' });
  });

  it('fails a workload behind a VirtualService of a gateway', () => {
    for (const host of ['web', 'web.shop', 'web.shop.svc.cluster.local'])
      expect(findingsOn(istio, web, { others: [webService, gateway, virtual(['istio/x'], host)] })).toHaveLength(1);
  });

  it('passes VirtualServices within the mesh, and to others', () => {
    for (const other of [
      virtual(['mesh'], 'web'),
      virtual(['istio/y'], 'web'),
      virtual(['istio/x'], 'web.bank'),
      virtual(null, 'web'),
    ])
      expect(findingsOn(istio, web, { others: [webService, gateway, other] })).toEqual([]);
  });
});
