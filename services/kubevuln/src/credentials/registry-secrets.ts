import { type Clock, describeError } from '@kso/kit';
import { type KubeClient, secretValue } from '@kso/kube';
import {
  type ConfiguredRegistry,
  covers,
  parseAuthority,
  parseRegistriesAuth,
  type RegistryCredential,
} from '@kso/registry';
import type { KubeObject } from '@kso/wire';
import type { CredentialRequest, FoundCredentials } from './port.ts';

/** Secrets with logins for private registries in our own namespace (operator-gateway.md 4.3.4). */
const prefix = 'kubescape-registry-scan';
const key = 'registriesAuth';
/** The one that the chart makes: it can be read by its name where Secrets may not be listed. */
const chartSecret = 'kubescape-registry-scan-secrets';
const secretKind = { group: '', kind: 'Secret' };
const maxAgeMs = 60_000;

export interface RegistrySecretOptions {
  readonly client: Pick<KubeClient, 'get' | 'list'>;
  /** Our own. */
  readonly namespace: string;
  readonly clock: Clock;
}

/** A registry with the Secret that it stands in. */
export interface SecretRegistry extends ConfiguredRegistry {
  /** `namespace/name` */
  readonly secret: string;
}

interface Known {
  readonly registries: readonly SecretRegistry[];
  readonly gaps: readonly string[];
}

/** The configured registries; read again after a minute. Never throws. */
export interface RegistrySecrets {
  find(request: CredentialRequest): Promise<FoundCredentials & { readonly matching: readonly SecretRegistry[] }>;
}

export function createRegistrySecrets(options: RegistrySecretOptions): RegistrySecrets {
  let known: { readonly readAt: number; readonly answer: Promise<Known> } | undefined;
  const read = (): Promise<Known> => {
    const now = options.clock.now();
    if (known === undefined || now - known.readAt >= maxAgeMs) known = { readAt: now, answer: readAll(options) };
    return known.answer;
  };
  return {
    find: async (request) => {
      const { registries, gaps } = await read();
      const named = request.job.registrySecret;
      // The Secret that a scan of a registry names comes before all others.
      const inOrder = registries.toSorted((a, b) => Number(isNamed(b, named)) - Number(isNamed(a, named)));
      const matching = inOrder.filter((entry) => isFor(entry, request));
      return {
        matching,
        gaps,
        credentials: matching.flatMap(credentialOf),
        switches: {
          plainHttp: matching.find(({ plainHttp }) => plainHttp !== undefined)?.plainHttp,
          skipTlsVerify: matching.find(({ skipTlsVerify }) => skipTlsVerify !== undefined)?.skipTlsVerify,
        },
      };
    },
  };
}

function isNamed({ secret }: SecretRegistry, name: string | undefined): boolean {
  return name !== undefined && secret.endsWith(`/${name}`);
}

/** By host and path, never by a part of the name: `registry.example.com` is not for `registry.example.com.evil.test`. */
function isFor({ registry }: ConfiguredRegistry, request: CredentialRequest): boolean {
  const authority = parseAuthority(registry);
  return authority !== undefined && covers(authority, request.registry, request.repository);
}

function credentialOf({ registry, login, secret }: SecretRegistry): RegistryCredential[] {
  const authority = parseAuthority(registry);
  if (authority === undefined || login === undefined) return [];
  return [{ ...login, authority, origin: { kind: 'registrySecret', name: secret } }];
}

async function readAll(options: RegistrySecretOptions): Promise<Known> {
  const { client, namespace } = options;
  try {
    const secrets: KubeObject[] = [];
    for await (const page of client.list(secretKind, { namespace })) {
      secrets.push(...page.filter(({ metadata }) => metadata.name.startsWith(prefix)));
    }
    return known(options, secrets);
  } catch {
    return readChartSecret(options);
  }
}

async function readChartSecret(options: RegistrySecretOptions): Promise<Known> {
  const { client, namespace } = options;
  const what = `Secret ${namespace}/${chartSecret}`;
  try {
    const result = await client.get(secretKind, namespace, chartSecret);
    if (result.outcome === 'found') return known(options, [result.object]);
    return { registries: [], gaps: result.outcome === 'forbidden' ? [`${what}: may not be read`] : [] };
  } catch (error) {
    return { registries: [], gaps: [`${what}: ${describeError(error)}`] };
  }
}

function known({ namespace }: RegistrySecretOptions, secrets: readonly KubeObject[]): Known {
  const registries: SecretRegistry[] = [];
  const gaps: string[] = [];
  for (const secret of secrets.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    const text = secretValue(secret, key);
    if (text === undefined) continue;
    const name = `${namespace}/${secret.metadata.name}`;
    const parsed = parseRegistriesAuth(text);
    registries.push(...parsed.registries.map((registry) => ({ ...registry, secret: name })));
    // The Secrets of registry objects (4.3.5) have an object of another shape: their scans bring their logins.
    if (text.trimStart().startsWith('[')) gaps.push(...parsed.problems.map((problem) => `Secret ${name}: ${problem}`));
  }
  return { registries, gaps };
}
