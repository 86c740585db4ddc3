import { namespace } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn } from '../../testing/judge.ts';
import { internalNetworking, namespacePolicies, networkMapping } from './c-0054-internal-networking.ts';

const policy = (apiVersion: string, kind: string, metadata: KubeObject['metadata'], spec: object): KubeObject => ({
  apiVersion,
  kind,
  metadata,
  spec,
});
const shop = namespace('shop');

it('C-0049 and C-0206 ask the same', () => {
  for (const { rules } of [networkMapping, namespacePolicies]) expect(rules).toBe(internalNetworking.rules);
});

describe('C-0054 internal networking', () => {
  it('fails a namespace without any policy', () => {
    const others = [policy('networking.k8s.io/v1', 'NetworkPolicy', { name: 'np', namespace: 'bank' }, {})];
    expect(findingsOn(internalNetworking, shop, { others })).toMatchObject([
      { message: 'No network policy is defined in namespace "shop".' },
    ]);
  });

  it('passes with a policy of either sort', () => {
    const here = { name: 'np', namespace: 'shop' };
    const everywhere = { endpointSelector: {}, ingress: [{}] };
    for (const other of [
      policy('networking.k8s.io/v1', 'NetworkPolicy', here, {}),
      policy('cilium.io/v2', 'CiliumNetworkPolicy', here, {}),
      policy('cilium.io/v2', 'CiliumClusterwideNetworkPolicy', { name: 'all' }, everywhere),
    ])
      expect(findingsOn(internalNetworking, shop, { others: [other] })).toEqual([]);
  });

  it('fails when the clusterwide policy is for other namespaces', () => {
    const elsewhere = {
      endpointSelector: { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'bank' } },
      ingress: [{}],
    };
    const others = [policy('cilium.io/v2', 'CiliumClusterwideNetworkPolicy', { name: 'bank' }, elsewhere)];
    expect(findingsOn(internalNetworking, shop, { others })).toHaveLength(1);
  });
});
