import { deployment, namespace, until } from '@kso/testkit';
import { type Registry, registryPassword, registryUser, startRegistry } from '@kso/testkit/registry';
import type { EndpointClient, EndpointImage } from '../../support/endpoint-client.ts';
import { pushWaiting } from './images.ts';
import { apply, kubectl, theNode } from './node.ts';
import { patiently } from './patience.ts';

/** The values of the end-to-end tests and the node's containerd know this port. */
const port = 5003;

/**
 * A registry that asks for a login, and a workload of the namespace `vault` whose pull secret has it. Stopped in the end, both are
 * gone: an image that nobody can pull any more is no part of what comes after.
 */
export async function openVault(): Promise<Registry> {
  // Images are pushed while nobody is asked.
  const open = await startRegistry();
  await pushWaiting('vault/safe', { vulnerable: false, to: open.url });
  const registry = await startRegistry({ folder: open.folder, login: true, port });
  const host = `${theNode().registry.split(':')[0] ?? ''}:${port}`;
  const auths = { [host]: { username: registryUser, password: registryPassword } };
  const pull = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'pull', namespace: 'vault' },
    type: 'kubernetes.io/dockerconfigjson',
    stringData: { '.dockerconfigjson': JSON.stringify({ auths }) },
  };
  const safe = deployment({
    name: 'safe',
    namespace: 'vault',
    image: `${host}/vault/safe:1.0`,
    spec: { terminationGracePeriodSeconds: 1, imagePullSecrets: [{ name: 'pull' }] },
  });
  await apply(namespace('vault'), pull, safe);
  return {
    ...registry,
    stop: async () => {
      await kubectl('delete', 'namespace', 'vault', '--wait=true', '--timeout=2m');
      await registry.stop();
      await open.stop();
    },
  };
}

/** Its image, once it is scanned. */
export function untilVaultScanned(endpoint: EndpointClient, clusterName: string): Promise<EndpointImage> {
  return until(
    'the image of vault',
    async () => {
      const images = await endpoint.images(clusterName);
      return images.find(
        ({ workloads, state }) => state === 'scanned' && workloads.some((one) => one.namespace === 'vault'),
      );
    },
    patiently,
  );
}
