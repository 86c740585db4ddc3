import { type ObjectSource, workloadKinds } from '@kso/domain';
import {
  createClusterSource,
  createKubeClient,
  createOwnerLookup,
  findConnection,
  type KubeClient,
  type LookUpOwner,
  type TopOwner,
  topOwner,
} from '@kso/kube';
import { createManifestSource } from '@kso/manifests';
import type { KubeObject } from '@kso/wire';
import { shareSource } from '../sources/shared-source.ts';
import { type Context, portsOf } from './context.ts';

/** The target as kollector and operator see it. The scanner opens its own in its own thread: objects do not cross threads. */
export type TargetSource =
  | { readonly source: ObjectSource; readonly client: undefined }
  | { readonly source: ObjectSource; readonly client: KubeClient; readonly lookUpOwner: LookUpOwner };

/** @throws KUBE_NOT_CONFIGURED, KUBECONFIG_INVALID */
export async function openTarget(context: Context, env: NodeJS.ProcessEnv): Promise<TargetSource> {
  const { config, stack } = context;
  const { type, path, kubeconfig, context: kubeContext } = config.target;
  const ports = portsOf(context, 'kollector');
  if (type === 'manifests') {
    const stop = new AbortController();
    stack.onUnwind(() => stop.abort());
    const folder = createManifestSource({ path: path ?? '.' });
    return { source: shareSource(folder, workloadKinds, stop.signal), client: undefined };
  }
  const connection = await findConnection({
    env,
    clock: ports.clock,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(kubeContext === undefined ? {} : { context: kubeContext }),
  });
  const client = createKubeClient(connection, { clock: ports.clock, userAgent: 'kso' });
  stack.onUnwind(() => client.close());
  return {
    source: createClusterSource({ ...ports, client }),
    client,
    lookUpOwner: createOwnerLookup(client, ports.clock),
  };
}

/** Who runs a pod. Manifests name no owners: every object stands for itself. */
export function topOwnerOf(target: TargetSource, object: KubeObject): Promise<TopOwner> {
  if (target.client !== undefined) return topOwner(object, target.lookUpOwner);
  const { apiVersion, kind, metadata } = object;
  return Promise.resolve({ apiVersion, kind, name: metadata.name });
}
