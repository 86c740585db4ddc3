import type { KubeObject } from '@kso/wire';

const groups = {
  eks: 'eks.amazonaws.com/v1',
  gke: 'container.googleapis.com/v1',
  aks: 'management.azure.com/v1',
} as const;

/** What a cloud says about a cluster. */
export function cluster(provider: keyof typeof groups, data: unknown, kind = 'ClusterDescribe'): KubeObject {
  return { apiVersion: groups[provider], kind, metadata: { name: 'shop' }, data };
}
