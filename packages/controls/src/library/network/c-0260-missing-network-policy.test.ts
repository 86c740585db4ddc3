import { deployment } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn } from '../../testing/judge.ts';
import { missingNetworkPolicy } from './c-0260-missing-network-policy.ts';

const web: KubeObject = {
  ...deployment({ namespace: 'shop' }),
  spec: { template: { metadata: { labels: { app: 'web' } }, spec: { containers: [] } } },
};
const policy = (app: string, namespace = 'shop'): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'p', namespace },
  spec: { podSelector: { matchLabels: { app } }, policyTypes: [] },
});
const cilium = (app: string): KubeObject => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumClusterwideNetworkPolicy',
  metadata: { name: 'c' },
  spec: { endpointSelector: { matchLabels: { 'k8s:app': app } } },
});

describe('C-0260 missing network policy', () => {
  it('fails a workload that none selects', () => {
    for (const others of [[], [policy('db')], [policy('web', 'bank')], [cilium('db')]])
      expect(findingsOn(missingNetworkPolicy, web, { others })).toHaveLength(1);
  });

  it('passes one that some policy selects', () => {
    for (const other of [policy('web'), cilium('web')])
      expect(findingsOn(missingNetworkPolicy, web, { others: [other] })).toEqual([]);
  });
});
