import { parseAuthority } from './authority.ts';
import { type AuthFields, type RegistryCredential, readLogin } from './credential.ts';

export interface DockerConfig {
  readonly credentials: readonly RegistryCredential[];
  /** Keys of entries that hold nothing to log in with; their registries are pulled from anonymously. */
  readonly unusable: readonly string[];
}

/**
 * Reads `.dockerconfigjson` (`{"auths": {…}}`) and the older `.dockercfg` (the same map without the key around it). Never throws: a
 * text that is neither gives no credentials.
 */
export function parseDockerConfig(text: string): DockerConfig {
  const entries = authsOf(text);
  const credentials: RegistryCredential[] = [];
  const unusable: string[] = [];
  for (const [key, fields] of Object.entries(entries)) {
    const authority = parseAuthority(key);
    const login = isObject(fields) ? readLogin(fields) : undefined;
    if (authority === undefined || login === undefined) unusable.push(key);
    else credentials.push({ ...login, authority });
  }
  return { credentials, unusable };
}

function authsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (!isObject(parsed)) return {};
    const auths = parsed['auths'];
    if (auths === undefined) return parsed;
    return isObject(auths) ? auths : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is AuthFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
