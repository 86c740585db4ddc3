import { parseWlid } from '@kso/domain';
import type { PullSecret, PullSecretReader } from '@kso/kube';
import { parseDockerConfig, type RegistryCredential, readLogin } from '@kso/registry';
import { type CredentialRequest, type FoundCredentials, nothingFound } from './port.ts';

/** What the kubelet pulls with: the secrets of the pod, then those of its ServiceAccount. */
export async function workloadCredentials(
  reader: PullSecretReader,
  { job, registry, signal }: CredentialRequest,
): Promise<FoundCredentials> {
  const workload = parseWlid(job.wlid);
  if (workload === undefined) return nothingFound;
  const { secrets, gaps } = await reader.ofWorkload(workload, signal);
  return { credentials: secrets.flatMap((secret) => credentialsIn(secret, registry)), switches: {}, gaps };
}

/** A login without an address in a Secret of a workload is for the registry of the workload's image. */
function credentialsIn({ name, namedBy, content }: PullSecret, registry: string): RegistryCredential[] {
  const kind = namedBy === 'pod' ? 'podPullSecret' : 'serviceAccountPullSecret';
  const origin = { kind, name } as const;
  if (content.type === 'dockerConfig') {
    return parseDockerConfig(content.text).credentials.map((credential) => ({ ...credential, origin }));
  }
  const login = readLogin({ username: content.username, password: content.password });
  return login === undefined ? [] : [{ ...login, authority: { host: registry, path: '' }, origin }];
}
