import { type Clock, describeError } from '@kso/kit';
import type { KubeClient } from '@kso/kube';
import { covers, parseAuthority, type RegistryCredential } from '@kso/registry';
import type { KubeObject } from '@kso/wire';
import type { CredentialRequest, FoundCredentials } from './port.ts';
import { readRegistrySecret, type SecretRegistries, type SecretRegistry } from './registry-secret.ts';

/** Secrets with logins for private registries in our own namespace (operator-gateway.md 4.3.4). */
const prefix = 'kubescape-registry-scan';
/** The one that the chart makes: it can be read by its name where Secrets may not be listed. */
const chartSecret = 'kubescape-registry-scan-secrets';
const secretKind = { group: '', kind: 'Secret' };
const maxAgeMs = 60_000;
/** Scans of registries name a few Secrets; a job that names others must not fill the memory. */
const maxNamed = 100;

export interface RegistrySecretOptions {
  readonly client: Pick<KubeClient, 'get' | 'list'>;
  /** Our own. */
  readonly namespace: string;
  /** Which are read, in this order; none: all whose names begin with the prefix. */
  readonly secretNames: readonly string[];
  readonly clock: Clock;
}

export interface FoundRegistries extends FoundCredentials {
  /** Those that are for the image; the ones with an identity at a cloud have no credential of their own. */
  readonly matching: readonly SecretRegistry[];
}

/** The configured registries; read again after a minute. */
export interface RegistrySecrets {
  /** Never throws. */
  find(request: CredentialRequest): Promise<FoundRegistries>;
}

export function createRegistrySecrets(options: RegistrySecretOptions): RegistrySecrets {
  const known = new Map<string, { readonly readAt: number; readonly answer: Promise<SecretRegistries> }>();
  const remembered = (key: string, read: () => Promise<SecretRegistries>): Promise<SecretRegistries> => {
    const now = options.clock.now();
    const entry = known.get(key);
    if (entry !== undefined && now - entry.readAt < maxAgeMs) return entry.answer;
    if (known.size > maxNamed) known.clear();
    const answer = read();
    known.set(key, { readAt: now, answer });
    return answer;
  };
  return {
    find: async (request) => {
      const named = request.job.registrySecret;
      const own = named?.startsWith(prefix) === true ? await remembered(named, () => readByName(options, named)) : none;
      const all = await remembered('', () => readAll(options));
      // The Secret that a scan of a registry names comes before all others.
      const others = all.registries.filter(({ secret }) => secret !== `${options.namespace}/${named}`);
      const matching = [...own.registries, ...others].filter((entry) => isFor(entry, request));
      return {
        matching,
        gaps: [...new Set([...own.gaps, ...all.gaps])],
        credentials: matching.flatMap(credentialOf),
        switches: {
          plainHttp: matching.find(({ plainHttp }) => plainHttp !== undefined)?.plainHttp,
          skipTlsVerify: matching.find(({ skipTlsVerify }) => skipTlsVerify !== undefined)?.skipTlsVerify,
        },
      };
    },
  };
}

const none: SecretRegistries = { registries: [], gaps: [] };

/** By host and path, never by a part of the name: `registry.example.com` is not for `registry.example.com.evil.test`. */
function isFor({ registry }: SecretRegistry, request: CredentialRequest): boolean {
  const authority = parseAuthority(registry);
  return authority !== undefined && covers(authority, request.registry, request.repository);
}

function credentialOf({ registry, login, secret }: SecretRegistry): RegistryCredential[] {
  const authority = parseAuthority(registry);
  if (authority === undefined || login === undefined) return [];
  return [{ ...login, authority, origin: { kind: 'registrySecret', name: secret } }];
}

async function readAll(options: RegistrySecretOptions): Promise<SecretRegistries> {
  const { client, namespace, secretNames } = options;
  if (secretNames.length > 0) return joined(await Promise.all(secretNames.map((name) => readByName(options, name))));
  const secrets: KubeObject[] = [];
  try {
    for await (const page of client.list(secretKind, { namespace })) {
      secrets.push(...page.filter(({ metadata }) => metadata.name.startsWith(prefix)));
    }
  } catch {
    return readByName(options, chartSecret);
  }
  const inOrder = secrets.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return joined(inOrder.map((secret) => readRegistrySecret(secret, namespace)));
}

function joined(all: readonly SecretRegistries[]): SecretRegistries {
  return { registries: all.flatMap(({ registries }) => registries), gaps: all.flatMap(({ gaps }) => gaps) };
}

async function readByName({ client, namespace }: RegistrySecretOptions, name: string): Promise<SecretRegistries> {
  const what = `Secret ${namespace}/${name}`;
  try {
    const result = await client.get(secretKind, namespace, name);
    if (result.outcome === 'found') return readRegistrySecret(result.object, namespace);
    return { registries: [], gaps: result.outcome === 'forbidden' ? [`${what}: may not be read`] : [] };
  } catch (error) {
    return { registries: [], gaps: [`${what}: ${describeError(error)}`] };
  }
}
