import { isRecord } from '@kso/domain';
import type { KubeObject } from '@kso/wire';

/** What a Secret with logins holds. Bytes as they were: the format is `@kso/registry`'s to read. */
export type SecretContent =
  /** `.dockerconfigjson`, or the older `.dockercfg`. */
  | { readonly type: 'dockerConfig'; readonly text: string }
  /** `username` and `password`, of a Secret of another type. */
  | { readonly type: 'login'; readonly username: string; readonly password: string };

/** Kubernetes itself takes no larger Secret. */
const maxBytes = 1024 * 1024;

/** Undefined for a Secret that holds nothing to log in with. */
export function secretContent(secret: KubeObject): SecretContent | undefined {
  const config = secretValue(secret, '.dockerconfigjson') ?? secretValue(secret, '.dockercfg');
  if (config !== undefined) return { type: 'dockerConfig', text: config };
  const username = secretValue(secret, 'username');
  const password = secretValue(secret, 'password');
  return username === undefined || password === undefined ? undefined : { type: 'login', username, password };
}

/** One key of a Secret as text; undefined when it is absent, empty or far too large. */
export function secretValue({ data }: KubeObject, key: string): string | undefined {
  const encoded = isRecord(data) ? data[key] : undefined;
  if (typeof encoded !== 'string' || encoded === '' || encoded.length > 2 * maxBytes) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  return text === '' ? undefined : text;
}
