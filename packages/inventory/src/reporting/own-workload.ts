import type { KubeClient } from '@kso/kube';
import type { KubeObject } from '@kso/wire';

/** What this process is in the cluster; empty text for what is not known. */
export interface OwnWorkload {
  readonly namespace: string;
  readonly deploymentUid: string;
  readonly deploymentName: string;
  /** The pod where there are several, else the Deployment. */
  readonly instance: string;
}

/** Looks up the pod `$HOSTNAME` in `$POD_NAMESPACE` and what it belongs to; outside of a cluster, or without the rights, nothing. */
export async function findOwnWorkload(
  client: Pick<KubeClient, 'get'>,
  env: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<OwnWorkload> {
  const namespace = env['POD_NAMESPACE'] ?? '';
  const podName = env['HOSTNAME'] ?? '';
  const unknown = { namespace, deploymentUid: '', deploymentName: '', instance: '' };
  if (namespace === '' || podName === '') return unknown;
  const get = async (group: string, kind: string, name: string | undefined): Promise<KubeObject | undefined> => {
    if (name === undefined) return undefined;
    const result = await client.get({ group, kind }, namespace, name, signal).catch(() => undefined);
    return result?.outcome === 'found' ? result.object : undefined;
  };
  const pod = await get('', 'Pod', podName);
  const replicaSet = await get('apps', 'ReplicaSet', ownerOf(pod, 'ReplicaSet'));
  const deployment = await get('apps', 'Deployment', ownerOf(replicaSet, 'Deployment'));
  if (deployment === undefined) return { ...unknown, instance: pod === undefined ? '' : podName };
  const spec = replicaSet?.['spec'] as { readonly replicas?: unknown } | undefined;
  return {
    namespace,
    deploymentUid: deployment.metadata.uid ?? '',
    deploymentName: deployment.metadata.name,
    instance: spec?.replicas === 1 ? deployment.metadata.name : podName,
  };
}

function ownerOf(object: KubeObject | undefined, kind: string): string | undefined {
  return object?.metadata.ownerReferences?.find((owner) => owner.kind === kind)?.name;
}
