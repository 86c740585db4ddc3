import { expect, it } from 'vitest';
import { cloudProviderOf } from './cloud-provider.ts';

const node = (labels: Record<string, string>, kubeletVersion = 'v1.36.1') => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n', labels },
  spec: { providerID: 'aws:///eu-west-1a/i-0' },
  status: { nodeInfo: { kubeletVersion } },
});

it.each([
  [node({ 'eks.amazonaws.com/nodegroup': 'a' }), 'EKS'],
  [node({}, 'v1.35.2-eks-1a2b3c4'), 'EKS'],
  [node({ 'cloud.google.com/gke-nodepool': 'a' }), 'GKE'],
  [node({}, 'v1.33.2-gke.1'), 'GKE'],
  [node({ 'kubernetes.azure.com/cluster': 'a' }), 'AKS'],
  [node({}), undefined],
] as const)('tells managed clusters by their nodes (%#)', (object, provider) => {
  expect(cloudProviderOf([node({}), object])).toBe(provider);
});

it.each([
  ['eks.amazonaws.com/v1', 'EKS'],
  ['container.googleapis.com/v1', 'GKE'],
  ['management.azure.com/v1', 'AKS'],
] as const)('believes the cloud where nodes tell nothing: %s', (apiVersion, provider) => {
  const description = { apiVersion, kind: 'ClusterDescribe', metadata: { name: 'shop' } };
  expect(cloudProviderOf([node({})], [description])).toBe(provider);
  expect(cloudProviderOf([node({}, 'v1.33.2-gke.1')], [description])).toBe('GKE');
});
