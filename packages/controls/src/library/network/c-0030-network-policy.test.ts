import { cronJob, deployment, pod } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn } from '../../testing/judge.ts';
import { networkPolicy } from './c-0030-network-policy.ts';

const policy = (spec: object, namespace = 'shop'): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'np', namespace },
  spec,
});
const cilium = (spec: object, kind = 'CiliumNetworkPolicy'): KubeObject => ({
  apiVersion: 'cilium.io/v2',
  kind,
  metadata: kind === 'CiliumNetworkPolicy' ? { name: 'cnp', namespace: 'shop' } : { name: 'ccnp' },
  ...spec,
});
const web = deployment({ name: 'web', namespace: 'shop', labels: { app: 'web', tier: 'front' } });
const isIsolated = (...others: KubeObject[]): boolean => findingsOn(networkPolicy, web, { others }).length === 0;

describe('C-0030 network policy', () => {
  it('fails a workload that no policy selects', () => {
    expect(findingsOn(networkPolicy, web)).toMatchObject([
      { message: 'No network policy restricts the traffic of the pods of Deployment "web".' },
    ]);
    expect(isIsolated(policy({ podSelector: { matchLabels: { app: 'db' } }, policyTypes: ['Ingress'] }))).toBe(false);
    expect(isIsolated(policy({ podSelector: {}, policyTypes: ['Ingress'] }, 'bank'))).toBe(false);
    const notIn = { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['front'] }] };
    expect(isIsolated(policy({ podSelector: notIn, policyTypes: ['Ingress'] }))).toBe(false);
  });

  it.each([
    ['an empty selector', { podSelector: {}, policyTypes: ['Egress'] }],
    ['labels of the pods', { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress', 'Egress'] }],
    [
      'expressions',
      {
        podSelector: { matchExpressions: [{ key: 'tier', operator: 'In', values: ['front'] }] },
        policyTypes: ['Ingress'],
      },
    ],
    ['no policyTypes, which mean Ingress', { podSelector: {} }],
  ])('passes a workload that is selected by %s', (_what, spec) => {
    expect(isIsolated(policy(spec))).toBe(true);
  });

  it('passes by policies of Cilium, in both forms of it', () => {
    expect(
      isIsolated(cilium({ spec: { endpointSelector: { matchLabels: { 'k8s:app': 'web' } }, ingress: [{}] } })),
    ).toBe(true);
    expect(isIsolated(cilium({ specs: [{ endpointSelector: {}, egressDeny: [{}] }] }))).toBe(true);
    const clusterwide = {
      endpointSelector: { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'shop' } },
      ingress: [],
    };
    expect(isIsolated(cilium({ spec: clusterwide }, 'CiliumClusterwideNetworkPolicy'))).toBe(true);
  });

  it('fails by policies of Cilium that restrict nothing or select others', () => {
    expect(isIsolated(cilium({ spec: { endpointSelector: {} } }))).toBe(false);
    expect(isIsolated(cilium({ spec: { nodeSelector: {}, ingress: [{}] } }))).toBe(false);
    const other = { endpointSelector: { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'bank' } }, ingress: [{}] };
    expect(isIsolated(cilium({ spec: other }, 'CiliumClusterwideNetworkPolicy'))).toBe(false);
  });

  it('takes a manifest without a namespace for one in default', () => {
    const others = [policy({ podSelector: {} }, 'default')];
    const bare = { ...pod(), metadata: { name: 'bare' } };
    expect(findingsOn(networkPolicy, bare, { others })).toEqual([]);
    expect(findingsOn(networkPolicy, cronJob({ namespace: 'default' }), { others })).toEqual([]);
  });
});
