import type { KubeClient } from '@kso/kube';

/** Where profiles of containers are kept (kubevuln.md 7.1). */
export interface ContainerProfiles {
  /** Undefined: there is none. @throws when it cannot be known */
  get(namespace: string, name: string, signal: AbortSignal): Promise<unknown>;
}

const kind = { group: 'spdx.softwarecomposition.kubescape.io', kind: 'ContainerProfile' };

/** Profiles out of the aggregated API that node agents write to. */
export function readClusterProfiles(client: Pick<KubeClient, 'get'>): ContainerProfiles {
  return {
    get: async (namespace, name, signal) => {
      const result = await client.get(kind, namespace, name, signal);
      if (result.outcome === 'found') return result.object;
      if (result.outcome === 'notFound') return undefined;
      throw new Error(result.detail);
    },
  };
}
