import { isSecurityException, securityExceptionGroup } from '@kso/domain';
import { type KubeClient, workloadKind } from '@kso/kube';
import type { KubeObject } from '@kso/wire';
import type { ClusterExceptions } from './sources.ts';

type Reader = Pick<KubeClient, 'list' | 'get' | 'discovery'>;

/** Security exceptions of a cluster. One without their custom resource definitions has none. */
export function readClusterExceptions(client: Reader): ClusterExceptions {
  return {
    read: async (signal) => {
      const [ofNamespaces, ofCluster] = await Promise.all([
        listServed(client, 'SecurityException', signal),
        listServed(client, 'ClusterSecurityException', signal),
      ]);
      const objects = [...ofNamespaces, ...ofCluster].filter(isSecurityException);
      // Namespaces are read only where a selector asks about them.
      const namespaces = ofCluster.some(selectsNamespaces)
        ? await list(client, { group: '', kind: 'Namespace' }, signal)
        : [];
      return {
        objects,
        namespaceLabels: new Map(namespaces.map(({ metadata }) => [metadata.name, metadata.labels ?? {}])),
      };
    },
    workloadLabels: async ({ namespace, kind, name }, signal) => {
      const wanted = workloadKind(kind);
      if (wanted === undefined) return undefined;
      const result = await client.get(wanted, namespace, name, signal);
      if (result.outcome === 'forbidden') throw new Error(result.detail);
      return result.outcome === 'found' ? (result.object.metadata.labels ?? {}) : undefined;
    },
  };
}

async function listServed(client: Reader, kind: string, signal: AbortSignal): Promise<KubeObject[]> {
  const wanted = { group: securityExceptionGroup, kind };
  const resolved = await client.discovery.resolve(wanted, signal);
  return resolved.outcome === 'notServed' ? [] : list(client, wanted, signal);
}

async function list(client: Reader, kind: { group: string; kind: string }, signal: AbortSignal): Promise<KubeObject[]> {
  const objects: KubeObject[] = [];
  for await (const page of client.list(kind, { signal })) objects.push(...page);
  return objects;
}

function selectsNamespaces({ spec }: KubeObject): boolean {
  const match = typeof spec === 'object' && spec !== null && 'match' in spec ? spec.match : undefined;
  return typeof match === 'object' && match !== null && 'namespaceSelector' in match;
}
