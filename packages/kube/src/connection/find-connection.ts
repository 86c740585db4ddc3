import type { Clock } from '@kso/kit';
import { fail } from '../errors.ts';
import type { ClusterConnection } from './connection.ts';
import { inClusterConnection, serviceAccountFolder } from './in-cluster.ts';
import { kubeconfigFiles } from './kubeconfig.ts';
import { kubeconfigConnection } from './kubeconfig-connection.ts';

export interface ConnectOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** This file and no other. */
  readonly kubeconfig?: string;
  /** A context of the kubeconfig other than the current one. */
  readonly context?: string;
  readonly home?: string;
}

/**
 * The cluster to work with: the kubeconfig that is asked for, else `KUBECONFIG`, else the pod's ServiceAccount, else
 * `~/.kube/config`. Only files are read: whether the cluster answers is seen at the first request.
 * @throws KUBE_NOT_CONFIGURED, KUBECONFIG_INVALID
 */
export async function findConnection(options: ConnectOptions): Promise<ClusterConnection> {
  const { env, clock, kubeconfig, context, home } = options;
  const fromKubeconfig = {
    env,
    clock,
    ...(kubeconfig === undefined ? {} : { file: kubeconfig }),
    ...(context === undefined ? {} : { context }),
    ...(home === undefined ? {} : { home }),
  };
  const isNamed = kubeconfig !== undefined || (env['KUBECONFIG'] ?? '') !== '';
  const connection =
    (isNamed ? undefined : await inClusterConnection({ env, clock })) ?? (await kubeconfigConnection(fromKubeconfig));
  if (connection !== undefined) return connection;
  const places = [...kubeconfigFiles(fromKubeconfig), ...(isNamed ? [] : [serviceAccountFolder])];
  throw fail('KUBE_NOT_CONFIGURED', { places });
}
