import type { Clock } from '@kso/kit';
import { type ClusterConnection, findConnection, inClusterConnection } from '@kso/kube';
import type { InventoryConfig } from './config/schema.ts';
import { fail } from './errors.ts';

export interface ConnectionPorts {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly home?: string;
}

/**
 * The cluster of the configuration (inventory.md 4.3): `use-in-cluster`, a kubeconfig, explicit credentials, else what the
 * environment gives. @throws INVENTORY_CONFIG_INVALID, KUBE_NOT_CONFIGURED, KUBECONFIG_INVALID
 */
export async function connectionOf(
  { kubeconfig }: Pick<InventoryConfig, 'kubeconfig'>,
  ports: ConnectionPorts,
): Promise<ClusterConnection> {
  if (kubeconfig.path === 'use-in-cluster') {
    const connection = await inClusterConnection(ports);
    if (connection === undefined)
      throw invalid('kubeconfig.path: use-in-cluster, but no service account is mounted here');
    return connection;
  }
  if (kubeconfig.path === '' && kubeconfig.server !== '') return explicit(kubeconfig);
  return findConnection({
    ...ports,
    ...(kubeconfig.path === '' ? {} : { kubeconfig: kubeconfig.path }),
    ...(kubeconfig.context === '' ? {} : { context: kubeconfig.context }),
  });
}

function explicit(kubeconfig: InventoryConfig['kubeconfig']): ClusterConnection {
  const { cluster, server, user } = kubeconfig;
  const url = URL.parse(server);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) throw invalid('kubeconfig.server: not a URL');
  const key = user['private-key'].reveal();
  const token = user.token.reveal();
  if (user.type === 'token' ? token === '' : key === '' || user['client-cert'] === '')
    throw invalid('kubeconfig.user: needs token, or client-cert and private-key');
  const tls = {
    ...(kubeconfig['cluster-cert'] === '' ? {} : { ca: decode(kubeconfig['cluster-cert']) }),
    ...(user.type === 'token' ? {} : { cert: decode(user['client-cert']), key: decode(key) }),
  };
  const headers: Record<string, string> = user.type === 'token' ? { authorization: `Bearer ${token}` } : {};
  return {
    name: cluster || url.host,
    server: url,
    tls: () => Promise.resolve(tls),
    headers: () => Promise.resolve(headers),
    refused: () => undefined,
  };
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

function invalid(problem: string) {
  return fail('INVENTORY_CONFIG_INVALID', { problems: [problem] });
}
