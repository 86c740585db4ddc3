import { secretValue } from '@kso/kube';
import { type ConfiguredRegistry, parseRegistriesAuth } from '@kso/registry';
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

export function readRegistrySecret(object: KubeObject, namespace: string): SecretRegistries {
  const text = secretValue(object, 'registriesAuth');
  if (text === undefined) return { registries: [], gaps: [] };
  const secret = `${namespace}/${object.metadata.name}`;
  const { registries, problems } = parseRegistriesAuth(text);
  return {
    registries: registries.map((registry) => ({ ...registry, secret })),
    gaps: problems.map((problem) => `Secret ${secret}: ${problem}`),
  };
}
