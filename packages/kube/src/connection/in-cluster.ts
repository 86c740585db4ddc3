import { access } from 'node:fs/promises';
import path from 'node:path';
import { type Clock, rotatingToken } from '@kso/kit';
import { cachedFile } from './cached-file.ts';
import type { ClusterConnection, TlsMaterial } from './connection.ts';

export interface InClusterOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** Where the kubelet mounts the ServiceAccount. */
  readonly folder?: string;
}

export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The connection of a pod by its ServiceAccount, straight from the mounted files. The token is read again each minute and after
 * a 401 (B36), the CA each minute. Undefined outside of a pod or when no token is mounted.
 */
export async function inClusterConnection(options: InClusterOptions): Promise<ClusterConnection | undefined> {
  const { env, clock, folder = serviceAccountFolder } = options;
  const host = env['KUBERNETES_SERVICE_HOST'];
  if (host === undefined || host === '') return undefined;
  const tokenFile = path.join(folder, 'token');
  const isMounted = await access(tokenFile).then(
    () => true,
    () => false,
  );
  if (!isMounted) return undefined;

  const port = env['KUBERNETES_SERVICE_PORT_HTTPS'] ?? env['KUBERNETES_SERVICE_PORT'] ?? '443';
  const token = rotatingToken(tokenFile, { clock });
  const ca = cachedFile(path.join(folder, 'ca.crt'), clock);
  const namespace = await cachedFile(path.join(folder, 'namespace'), clock)
    .get()
    .then((text) => text.trim())
    .catch(() => '');
  let material: TlsMaterial = {};
  return {
    name: 'in-cluster',
    // An IPv6 address has to stand in brackets.
    server: new URL(`https://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`),
    ...(namespace === '' ? {} : { namespace }),
    tls: async () => {
      const text = await ca.get();
      if (material.ca !== text) material = { ca: text };
      return material;
    },
    headers: async () => ({ authorization: `Bearer ${await token.get()}` }),
    refused: () => token.rejected(),
  };
}
