import { isRecord } from '@kso/domain';
import { secretValue } from '@kso/kube';
import {
  type CloudIdentity,
  type ConfiguredRegistry,
  parseRegistriesAuth,
  targetOfRegistrySecret,
} from '@kso/registry';
import type { KubeObject } from '@kso/wire';

/** A registry with the Secret that it stands in. */
export interface SecretRegistry extends ConfiguredRegistry {
  /** `namespace/name` */
  readonly secret: string;
  /** Exchanged for a login when an image of the registry is pulled. */
  readonly cloud?: CloudIdentity;
}

export interface SecretRegistries {
  readonly registries: readonly SecretRegistry[];
  /** Entries that cannot be used, without what they hold. */
  readonly gaps: readonly string[];
}

/** Reads both forms of `registriesAuth`: a list (operator-gateway.md 4.3.4), and the fields of a registry object (4.3.5). */
export function readRegistrySecret(object: KubeObject, namespace: string): SecretRegistries {
  const text = secretValue(object, 'registriesAuth');
  if (text === undefined) return { registries: [], gaps: [] };
  const secret = `${namespace}/${object.metadata.name}`;
  const fields = registryObject(text);
  const { registries, problems } = fields === undefined ? parseRegistriesAuth(text) : ofObject(fields);
  return {
    registries: registries.map((registry) => ({ ...registry, secret })),
    gaps: problems.map((problem) => `Secret ${secret}: ${problem}`),
  };
}

function ofObject(fields: Readonly<Record<string, unknown>>) {
  const read = targetOfRegistrySecret(fields);
  if (!read.ok) return { registries: [], problems: [`registriesAuth: ${read.problem}`] };
  const { registry, login, cloud } = read.target;
  const authMethod = login === undefined ? ('cloud' as const) : ('credentials' as const);
  const entry = { registry, authMethod, ...(login === undefined ? {} : { login }), ...(cloud && { cloud }) };
  return { registries: [entry], problems: [] };
}

/** A list's only entry may stand without the list; it names its `registry`, which registry objects do not. */
function registryObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const isEntry = isRecord(parsed) && Object.keys(parsed).some((key) => key.toLowerCase() === 'registry');
    return isRecord(parsed) && !isEntry ? parsed : undefined;
  } catch {
    return undefined;
  }
}
