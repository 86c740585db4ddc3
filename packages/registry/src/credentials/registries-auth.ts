import { fieldsOf, isRecord } from '@kso/domain';
import { z } from 'zod';
import { readRegistryObject } from '../catalogue/registry-object.ts';
import type { HostSwitches } from '../client.ts';
import type { CloudIdentity } from '../cloud/cloud-logins.ts';
import { parseJson } from '../response-body.ts';
import { parseAuthority } from './authority.ts';
import { credentialsFor, type Login, readLogin } from './credential.ts';

/** One entry of a Secret `kubescape-registry-scan*`. */
export interface ConfiguredRegistry extends HostSwitches {
  /** `host` or `host/project` as written. */
  readonly registry: string;
  /** `harbor`, `quay.io`, …: what kind of registry somebody says it is. */
  readonly kind?: string;
  /** `cloud`: no secret, the pod's own identity at its cloud. */
  readonly authMethod: 'credentials' | 'public' | 'cloud';
  readonly login?: Login;
  /** Of a registry object: what is exchanged for a login. */
  readonly cloud?: CloudIdentity;
}

export interface ReadRegistriesAuth {
  readonly registries: readonly ConfiguredRegistry[];
  readonly problems: readonly string[];
}

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const flag = z
  .union([z.boolean(), z.stringbool()])
  .nullish()
  .catch(undefined)
  .transform((value) => value ?? undefined);

const Entry = z.object({
  registry: z.string().min(1).max(1024),
  username: text,
  password: text,
  auth_method: text,
  registryToken: text,
  kind: text,
  skipTLSVerify: flag,
  http: flag,
});

const entryKeys = Object.keys(Entry.shape);

/**
 * The key `registriesAuth` of a registry Secret in both of its forms: a JSON array of entries (operator-gateway.md 4.3.4), of which a
 * single one may stand without its array, and the fields of a registry object (4.3.5). Keys are read in any letter case. Never throws;
 * `problems` name entries by their position and hold no values.
 */
export function parseRegistriesAuth(json: string): ReadRegistriesAuth {
  const parsed = parseJson(Buffer.from(json));
  if (parsed === undefined) return { registries: [], problems: ['registriesAuth is no JSON'] };
  // An entry names its `registry`, which registry objects do not.
  if (isRecord(parsed) && fieldsOf(parsed, ['registry']).registry === undefined) return ofObject(parsed);
  const registries: ConfiguredRegistry[] = [];
  const problems: string[] = [];
  for (const [index, value] of (Array.isArray(parsed) ? parsed : [parsed]).entries()) {
    const entry = readEntry(isRecord(value) ? fieldsOf(value, entryKeys) : value);
    if (typeof entry === 'string') problems.push(`registriesAuth[${index}]: ${entry}`);
    else registries.push(entry);
  }
  return { registries, problems };
}

function ofObject(fields: Readonly<Record<string, unknown>>): ReadRegistriesAuth {
  const read = readRegistryObject(fields);
  if (!read.ok) return { registries: [], problems: [`registriesAuth: ${read.problem}`] };
  const { registry, login, cloud } = read.target;
  const authMethod = login === undefined ? ('cloud' as const) : ('credentials' as const);
  const entry = { registry, authMethod, ...(login === undefined ? {} : { login }), ...(cloud && { cloud }) };
  return { registries: [entry], problems: [] };
}

/** The entry that is for a repository: the one of the longest path, then the one of the host. */
export function configuredFor(
  registries: readonly ConfiguredRegistry[],
  registry: string,
  repository: string,
): ConfiguredRegistry | undefined {
  const entries = registries.flatMap((entry) => {
    const authority = parseAuthority(entry.registry);
    return authority === undefined ? [] : [{ entry, authority }];
  });
  return credentialsFor(entries, registry, repository)[0]?.entry;
}

function readEntry(value: unknown): ConfiguredRegistry | string {
  const parsed = Entry.safeParse(value);
  if (!parsed.success) return `${parsed.error.issues[0]?.path.join('.') || 'entry'} is missing or of a wrong type`;
  const { registry, kind, http, skipTLSVerify, ...fields } = parsed.data;
  if (parseAuthority(registry) === undefined) return 'registry is no host';
  const common = {
    registry,
    ...(kind === '' ? {} : { kind }),
    ...(http === undefined ? {} : { plainHttp: http }),
    ...(skipTLSVerify === undefined ? {} : { skipTlsVerify: skipTLSVerify }),
  };
  switch (fields.auth_method.toLowerCase()) {
    case 'public':
      return { ...common, authMethod: 'public' };
    case 'ips':
    case 'cloudprovideriam':
      return { ...common, authMethod: 'cloud' };
    case '':
    case 'credentials':
    case 'accesstoken': {
      const login = readLogin({ ...fields, registrytoken: fields.registryToken });
      return login === undefined ? 'user or password is missing' : { ...common, authMethod: 'credentials', login };
    }
    default:
      return 'auth_method is not known';
  }
}
