import { deployment, pod, service } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import {
  autoscalerWithoutTarget,
  ingressWithoutService,
  policyWithoutWorkload,
  routeWithoutService,
  serviceWithoutWorkload,
} from './dangling.ts';

const shop = 'shop';
const object = (apiVersion: string, kind: string, spec: unknown): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'x', namespace: shop },
  spec,
});
const labelled = (namespace: string): KubeObject => ({
  ...deployment({ namespace }),
  spec: { template: { metadata: { labels: { app: 'web' } }, spec: { containers: [] } } },
});

describe('C-0293 Services', () => {
  const selecting = (spec: object) => object('v1', 'Service', spec);

  it('fails one that selects nothing in its namespace', () => {
    for (const others of [[], [labelled('bank')], [pod({ namespace: shop })]])
      expect(
        pathsOf(findingsOn(serviceWithoutWorkload, selecting({ selector: { app: 'web' } }), { others }), 'review'),
      ).toEqual(['spec.selector']);
  });

  it('passes one that selects something, has no selector, or is a name only', () => {
    expect(
      findingsOn(serviceWithoutWorkload, selecting({ selector: { app: 'web' } }), { others: [labelled(shop)] }),
    ).toEqual([]);
    expect(findingsOn(serviceWithoutWorkload, selecting({}))).toEqual([]);
    expect(findingsOn(serviceWithoutWorkload, selecting({ type: 'ExternalName', selector: { app: 'web' } }))).toEqual(
      [],
    );
  });
});

describe('C-0299 NetworkPolicies', () => {
  const policy = (podSelector: unknown) => object('networking.k8s.io/v1', 'NetworkPolicy', { podSelector });
  const expression = { matchExpressions: [{ key: 'app', operator: 'Exists' }] };

  it('fails one that selects nothing', () => {
    expect(
      findingsOn(policyWithoutWorkload, policy({ matchLabels: { app: 'web' } }), { others: [labelled('bank')] }),
    ).toHaveLength(1);
    expect(findingsOn(policyWithoutWorkload, policy(expression))).toHaveLength(1);
  });

  it('passes one that selects something, or everything', () => {
    expect(findingsOn(policyWithoutWorkload, policy(expression), { others: [labelled(shop)] })).toEqual([]);
    expect(findingsOn(policyWithoutWorkload, policy({}))).toEqual([]);
  });
});

describe('C-0300 autoscalers', () => {
  const scaling = (apiVersion: string, kind: string) =>
    object('autoscaling/v2', 'HorizontalPodAutoscaler', { scaleTargetRef: { apiVersion, kind, name: 'web' } });

  it('fails one whose workload is not there', () => {
    expect(findingsOn(autoscalerWithoutTarget, scaling('apps/v1', 'Deployment'))).toHaveLength(1);
    const others = [deployment({ name: 'web', namespace: 'bank' })];
    expect(findingsOn(autoscalerWithoutTarget, scaling('apps/v1', 'Deployment'), { others })).toHaveLength(1);
  });

  it('passes one whose workload is there, or of a kind of others', () => {
    const others = [deployment({ name: 'web', namespace: shop })];
    expect(findingsOn(autoscalerWithoutTarget, scaling('apps/v1', 'Deployment'), { others })).toEqual([]);
    expect(findingsOn(autoscalerWithoutTarget, scaling('argoproj.io/v1', 'Rollout'))).toEqual([]);
    expect(findingsOn(autoscalerWithoutTarget, scaling('example.com/v1', 'Deployment'))).toEqual([]);
  });
});

const web = service({ name: 'web', namespace: shop });

describe('C-0298 Ingresses', () => {
  const leading = (name: string) =>
    object('networking.k8s.io/v1', 'Ingress', {
      defaultBackend: { service: { name } },
      rules: [{ http: { paths: [{ backend: { service: { name } } }, { backend: { serviceName: name } }] } }],
    });

  it('fails every path to a Service that is not there', () => {
    expect(pathsOf(findingsOn(ingressWithoutService, leading('api'), { others: [web] }), 'review')).toEqual([
      'spec.defaultBackend.service.name',
      'spec.rules[0].http.paths[0].backend.service.name',
      'spec.rules[0].http.paths[1].backend.serviceName',
    ]);
  });

  it('passes paths to one that is, and to no Service', () => {
    expect(findingsOn(ingressWithoutService, leading('web'), { others: [web] })).toEqual([]);
    expect(
      findingsOn(
        ingressWithoutService,
        object('networking.k8s.io/v1', 'Ingress', { defaultBackend: { resource: {} } }),
      ),
    ).toEqual([]);
  });
});

describe('C-0302 routes', () => {
  const route = (reference: object, kind = 'HTTPRoute') =>
    object('gateway.networking.k8s.io/v1', kind, { rules: [{ backendRefs: [reference] }] });

  it('fails a back end that is not there, also in another namespace', () => {
    expect(findingsOn(routeWithoutService, route({ name: 'api' }), { others: [web] })).toHaveLength(1);
    expect(
      findingsOn(routeWithoutService, route({ name: 'web', namespace: 'bank' }, 'TCPRoute'), { others: [web] }),
    ).toHaveLength(1);
  });

  it('passes one that is, and back ends of other kinds', () => {
    expect(findingsOn(routeWithoutService, route({ name: 'web' }), { others: [web] })).toEqual([]);
    expect(findingsOn(routeWithoutService, route({ name: 'x', group: 'example.com', kind: 'Bucket' }))).toEqual([]);
  });
});
