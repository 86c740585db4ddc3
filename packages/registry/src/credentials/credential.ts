import { type Authority, covers, parseAuthority } from './authority.ts';
import type { CredentialOrigin } from './credential-origin.ts';

/** What a registry is shown to let somebody in; at least one way of the three. */
export interface Login {
  readonly username?: string;
  readonly password?: string;
  /** OAuth2 refresh token, exchanged for an access token at the registry's token server. */
  readonly identityToken?: string;
  /** Access token, sent as it is. */
  readonly registryToken?: string;
}

/** A login and the only place it may be sent to. */
export interface RegistryCredential extends Login {
  readonly authority: Authority;
  readonly origin?: CredentialOrigin;
}

/** Fields of docker's AuthConfig; anything may be missing or of a wrong type. */
export type AuthFields = Readonly<Record<string, unknown>>;

/**
 * Reads docker's AuthConfig: user and password, both packed into `auth`, or a token. A complete pair wins over a broken `auth`.
 * Undefined when nothing in it can be used; such an entry means an anonymous pull.
 */
export function readLogin(fields: AuthFields): Login | undefined {
  const username = text(fields['username']);
  const password = text(fields['password']);
  const identityToken = text(fields['identitytoken']);
  const registryToken = text(fields['registrytoken']);
  const pair =
    username !== undefined && password !== undefined
      ? { username, password }
      : unpackAuth(text(fields['auth']), username);
  if (pair === undefined && identityToken === undefined && registryToken === undefined) return undefined;
  return {
    ...pair,
    ...(identityToken === undefined ? {} : { identityToken }),
    ...(registryToken === undefined ? {} : { registryToken }),
  };
}

/**
 * Binds logins of a request to hosts. One without `serveraddress` is meant for the registry of the image that it came with, and never
 * for a host that this registry sends us to.
 */
export function credentialsOfRequest(list: readonly AuthFields[], imageRegistry: string): RegistryCredential[] {
  return list.flatMap((fields) => {
    const login = readLogin(fields);
    const authority = parseAuthority(text(fields['serveraddress']) ?? imageRegistry);
    return login === undefined || authority === undefined ? [] : [{ ...login, authority }];
  });
}

/**
 * The logins that may be tried for a repository. The longest host comes first (one without `*` before one with), then the longest path;
 * of equal ones the one that stands first in the list.
 */
export function credentialsFor<T extends Pick<RegistryCredential, 'authority'>>(
  credentials: readonly T[],
  registry: string,
  repository: string,
): T[] {
  return credentials
    .filter(({ authority }) => covers(authority, registry, repository))
    .sort((a, b) => compareAuthorities(a.authority, b.authority));
}

function compareAuthorities(a: Authority, b: Authority): number {
  const isPattern = (authority: Authority): number => Number(authority.host.includes('*'));
  return isPattern(a) - isPattern(b) || b.host.length - a.host.length || b.path.length - a.path.length;
}

/** `auth` is base64 of `user:password`; a password may hold colons, a user may not. */
function unpackAuth(
  auth: string | undefined,
  known: string | undefined,
): { username: string; password: string } | undefined {
  if (auth === undefined) return undefined;
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  const username = colon < 0 ? '' : decoded.slice(0, colon);
  // Some tools pad with NUL.
  const password = decoded.slice(colon + 1).replace(/\0+$/, '');
  if (username === '' || password === '') return undefined;
  return { username: known ?? username, password };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
