import { type BasePorts, createHttpClient, readOutgoing } from '@kso/kit';
import { createKubeClient, inClusterConnection, type KubeClient, kubeconfigConnection } from '@kso/kube';
import { createCloudLogins } from '@kso/registry';
import type { KubevulnConfig } from '../config.ts';
import { countCloudLogins } from '../source-metrics.ts';
import { createCredentialFinder } from './finder.ts';
import type { CredentialFinder } from './port.ts';

export interface OpenedCredentials {
  readonly credentials: CredentialFinder;
  close(): Promise<void>;
}

export interface OpenCredentialsPorts extends Pick<BasePorts, 'clock' | 'logger' | 'metrics'> {
  readonly env: NodeJS.ProcessEnv;
  /** The composer's own client, which it closes; else one is opened as the configuration says. */
  readonly client?: KubeClient | undefined;
}

/** The sources of logins that a process of its own has, as its configuration says. Outside of a cluster only clouds are left. */
export async function openCredentials(
  { credentials: config }: Pick<KubevulnConfig, 'credentials'>,
  { env, clock, logger, metrics, client: given }: OpenCredentialsPorts,
): Promise<OpenedCredentials> {
  const wantsCluster = config.pullSecrets || config.registrySecrets;
  const own = wantsCluster && given === undefined ? await openCluster(config.kubeconfig, { env, clock }) : undefined;
  const client = wantsCluster ? (given ?? own) : undefined;
  // The metadata servers with an address are reached directly anyhow; a proxy would ask its own.
  const outgoing = readOutgoing(env, { inside: ['metadata.google.internal'] });
  const http = config.cloudIdentity ? createHttpClient({ outgoing }) : undefined;
  const onLookup = countCloudLogins(metrics);
  logger.info({ cluster: client?.name, ...config }, 'logins for registries');
  return {
    credentials: createCredentialFinder({
      clock,
      client,
      namespace: config.registrySecrets ? (config.namespace ?? client?.namespace) : undefined,
      secretNames: config.secretNames,
      pullSecrets: config.pullSecrets,
      clouds: http === undefined ? undefined : createCloudLogins({ http, clock, env, onLookup }),
    }),
    close: async () => {
      await own?.close();
      await http?.close();
    },
  };
}

async function openCluster(
  file: string | undefined,
  { env, clock }: Pick<OpenCredentialsPorts, 'env' | 'clock'>,
): Promise<KubeClient | undefined> {
  // A kubeconfig that merely lies about is somebody's own, so the usual places are not looked into.
  const connection =
    file === undefined ? await inClusterConnection({ env, clock }) : await kubeconfigConnection({ env, clock, file });
  return connection === undefined ? undefined : createKubeClient(connection, { clock, userAgent: 'kso-kubevuln' });
}
