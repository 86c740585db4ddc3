import { z } from 'zod';
import type { HostSwitches } from '../client.ts';
import { parseAuthority } from './authority.ts';
import { type Login, readLogin } from './credential.ts';

/** One entry of a Secret `kubescape-registry-scan*`. */
export interface ConfiguredRegistry extends HostSwitches {
  /** `host` or `host/project` as written. */
  readonly registry: string;
  /** `harbor`, `quay.io`, …: what kind of registry somebody says it is. */
  readonly kind?: string;
  /** `cloud`: no secret, the pod's own identity at its cloud. */
  readonly authMethod: 'credentials' | 'public' | 'cloud';
  readonly login?: Login;
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

/**
 * The key `registriesAuth` of a registry Secret: a JSON array of entries (operator-gateway.md 4.3.4). Keys are read in any letter case,
 * a single entry may stand without its array. Never throws; `problems` name entries by their position and hold no values.
 */
export function parseRegistriesAuth(json: string): {
  readonly registries: readonly ConfiguredRegistry[];
  readonly problems: readonly string[];
} {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return { registries: [], problems: ['registriesAuth is no JSON'] };
  }
  const registries: ConfiguredRegistry[] = [];
  const problems: string[] = [];
  for (const [index, value] of (Array.isArray(parsed) ? parsed : [parsed]).entries()) {
    const entry = readEntry(value);
    if (typeof entry === 'string') problems.push(`registriesAuth[${index}]: ${entry}`);
    else registries.push(entry);
  }
  return { registries, problems };
}

function readEntry(value: unknown): ConfiguredRegistry | string {
  const parsed = Entry.safeParse(withCanonicalKeys(value));
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

function withCanonicalKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const names = new Map(Object.keys(Entry.shape).map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [names.get(key.toLowerCase()) ?? key, member]),
  );
}
