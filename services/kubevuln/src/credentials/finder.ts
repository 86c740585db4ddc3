import type { Clock } from '@kso/kit';
import { createPullSecretReader, type KubeClient } from '@kso/kube';
import type { CloudLogin, CloudLogins, CredentialOrigin } from '@kso/registry';
import { type CredentialFinder, type FoundCredentials, nothingFound } from './port.ts';
import type { SecretRegistry } from './registry-secret.ts';
import { createRegistrySecrets } from './registry-secrets.ts';
import { workloadCredentials } from './workload-credentials.ts';

export interface CredentialFinderOptions {
  readonly clock: Clock;
  /** The cluster of the workloads; without one only clouds are asked. */
  readonly client?: Pick<KubeClient, 'get' | 'list'> | undefined;
  /** Our own, where Secrets `kubescape-registry-scan*` are; without one they are not looked for. */
  readonly namespace?: string | undefined;
  /** Those of that namespace, if they are known by name; then none is listed. */
  readonly secretNames?: readonly string[] | undefined;
  /** Whether Secrets of workloads are read. */
  readonly pullSecrets: boolean;
  /** Without them the pod's identity is never used. */
  readonly clouds?: CloudLogins | undefined;
}

/** Logins for an image: configured registries first, then the workload's pull secrets; clouds when these do not let us in. */
export function createCredentialFinder(options: CredentialFinderOptions): CredentialFinder {
  const { client, clock, namespace, secretNames = [], clouds } = options;
  const reader = client !== undefined && options.pullSecrets ? createPullSecretReader(client, clock) : undefined;
  const registries =
    client !== undefined && namespace !== undefined
      ? createRegistrySecrets({ client, namespace, secretNames, clock })
      : undefined;

  return {
    find: async (request) => {
      const [configured, ofWorkload] = await Promise.all([
        registries?.find(request) ?? { ...nothingFound, matching: [] },
        reader === undefined ? nothingFound : workloadCredentials(reader, request),
      ]);
      const exchanged = await Promise.all(
        configured.matching.map((entry) => exchange(clouds, entry, request.registry)),
      );
      const found = [configured, ...exchanged, ofWorkload];
      return {
        credentials: found.flatMap(({ credentials }) => credentials),
        switches: configured.switches,
        gaps: found.flatMap(({ gaps }) => gaps),
      };
    },
    findAtCloud: async ({ registry }) =>
      clouds === undefined ? nothingFound : credentialsAt(await clouds.loginFor(registry), registry),
  };
}

/** A Secret with keys of a cloud: what the cloud gives for them is the Secret's login. */
async function exchange(
  clouds: CloudLogins | undefined,
  { cloud, secret }: SecretRegistry,
  registry: string,
): Promise<FoundCredentials> {
  // "Whoever we are" is asked last, by `findAtCloud`.
  if (clouds === undefined || cloud === undefined || cloud.type === 'ambient') return nothingFound;
  return credentialsAt(await clouds.loginFor(registry, cloud), registry, { kind: 'registrySecret', name: secret });
}

function credentialsAt(answer: CloudLogin, registry: string, given?: CredentialOrigin): FoundCredentials {
  switch (answer.outcome) {
    case 'login': {
      const { login, cloud } = answer;
      const origin = given ?? { kind: 'cloudIdentity', name: cloud };
      return { ...nothingFound, credentials: [{ ...login, authority: { host: registry, path: '' }, origin }] };
    }
    case 'none':
      return { ...nothingFound, gaps: [`${answer.cloud} identity: ${answer.detail}`] };
    case 'notCloud':
      return nothingFound;
    default:
      return answer satisfies never;
  }
}
