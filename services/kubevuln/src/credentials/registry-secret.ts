import { type SecretContent, secretContent, secretValue } from '@kso/kube';
import { type ConfiguredRegistry, parseDockerConfig, parseRegistriesAuth } from '@kso/registry';
import type { KubeObject } from '@kso/wire';

/** A registry with the Secret that it stands in. */
export interface SecretRegistry extends ConfiguredRegistry {
  /** `namespace/name` */
  readonly secret: string;
}

export interface SecretRegistries {
  readonly registries: readonly SecretRegistry[];
  /** Entries that cannot be used, without what they hold. */
  readonly gaps: readonly string[];
}

/** The key `registriesAuth`, else docker's configuration, as the Secrets have that pods pull with. */
export function readRegistrySecret(object: KubeObject, namespace: string): SecretRegistries {
  const secret = `${namespace}/${object.metadata.name}`;
  const text = secretValue(object, 'registriesAuth');
  const { registries, problems } = text === undefined ? ofDocker(secretContent(object)) : parseRegistriesAuth(text);
  return {
    registries: registries.map((registry) => ({ ...registry, secret })),
    gaps: problems.map((problem) => `Secret ${secret}: ${problem}`),
  };
}

function ofDocker(content: SecretContent | undefined): {
  readonly registries: readonly ConfiguredRegistry[];
  readonly problems: readonly string[];
} {
  if (content?.type !== 'dockerConfig') return { registries: [], problems: [] };
  const { credentials, unusable } = parseDockerConfig(content.text);
  return {
    registries: credentials.map(({ authority: { host, path }, ...login }) => ({
      registry: path === '' ? host : `${host}/${path}`,
      authMethod: 'credentials',
      login,
    })),
    problems: unusable.length === 0 ? [] : [`${unusable.length} entries hold no login`],
  };
}
