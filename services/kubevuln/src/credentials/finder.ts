import type { Clock } from '@kso/kit';
import { createPullSecretReader, type KubeClient } from '@kso/kube';
import type { CloudLogins } from '@kso/registry';
import { type CredentialFinder, type FoundCredentials, nothingFound } from './port.ts';
import { createRegistrySecrets } from './registry-secrets.ts';
import { workloadCredentials } from './workload-credentials.ts';

export interface CredentialFinderOptions {
  readonly clock: Clock;
  /** The cluster of the workloads; without one only clouds are asked. */
  readonly client?: Pick<KubeClient, 'get' | 'list'> | undefined;
  /** Our own, where Secrets `kubescape-registry-scan*` are; without one they are not looked for. */
  readonly namespace?: string | undefined;
  /** Whether Secrets of workloads are read. */
  readonly pullSecrets: boolean;
  /** Without them the pod's identity is never used. */
  readonly clouds?: CloudLogins | undefined;
}

/** Logins for an image: configured registries first, then the workload's pull secrets; clouds when these do not let us in. */
export function createCredentialFinder(options: CredentialFinderOptions): CredentialFinder {
  const { client, clock, namespace, clouds } = options;
  const reader = client !== undefined && options.pullSecrets ? createPullSecretReader(client, clock) : undefined;
  const registries =
    client !== undefined && namespace !== undefined ? createRegistrySecrets({ client, namespace, clock }) : undefined;

  return {
    find: async (request) => {
      const [configured, ofWorkload] = await Promise.all([
        registries?.find(request) ?? nothingFound,
        reader === undefined ? nothingFound : workloadCredentials(reader, request),
      ]);
      return {
        credentials: [...configured.credentials, ...ofWorkload.credentials],
        switches: configured.switches,
        gaps: [...configured.gaps, ...ofWorkload.gaps],
      };
    },
    findAtCloud: async ({ registry }) => (clouds === undefined ? nothingFound : atCloud(clouds, registry)),
  };
}

async function atCloud(clouds: CloudLogins, registry: string): Promise<FoundCredentials> {
  const answer = await clouds.loginFor(registry);
  switch (answer.outcome) {
    case 'login': {
      const { login, cloud } = answer;
      const origin = { kind: 'cloudIdentity', name: cloud } as const;
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
