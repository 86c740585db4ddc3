import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { fail } from '../error-table.ts';
import type { Secret } from '../secret.ts';

export type Authentication =
  | { readonly outcome: 'accepted'; readonly user: string }
  | { readonly outcome: 'refused' }
  /** Whoever would know cannot be asked at present. */
  | { readonly outcome: 'unavailable'; readonly detail: string };

/** Knows whose bearer token it is. Adapters: configured tokens here, ServiceAccounts of a cluster in `kube`. */
export interface TokenAuthenticator {
  authenticate(token: string): Promise<Authentication>;
}

/** Compares hashes, so that neither length nor content shows in the time that it takes. */
export function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

/** Accepts any of the configured tokens; `name` is whom a request with one of them counts as. */
export function configuredTokens(tokens: readonly Secret[], name: string): TokenAuthenticator {
  const known = tokens.map((token) => digest(token.reveal()));
  return {
    authenticate: (token) => {
      const shown = digest(token);
      // No short cut: the time says nothing about which one it was.
      const isKnown = known.map((each) => timingSafeEqual(each, shown)).includes(true);
      return Promise.resolve(isKnown ? { outcome: 'accepted', user: name } : { outcome: 'refused' });
    },
  };
}

/** The first that accepts decides. Where nobody accepts and one could not be asked, the answer is that it could not be asked. */
export function anyAuthenticator(authenticators: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    authenticate: async (token) => {
      let answer: Authentication = { outcome: 'refused' };
      for (const authenticator of authenticators) {
        const each = await authenticator.authenticate(token);
        if (each.outcome === 'accepted') return each;
        if (each.outcome === 'unavailable') answer = each;
      }
      return answer;
    },
  };
}

export interface RequireTokenOptions {
  readonly authenticator: TokenAuthenticator;
  /** Whether what answers at a path is for holders of a token only. It is the path of the route, where there is one. */
  readonly protects: (path: string) => boolean;
}

/** The API server's own tokens have about 1 KiB. */
const maxTokenLength = 16 * 1024;

/**
 * Asks for `Authorization: Bearer …` (RFC 6750) on protected paths: `TOKEN_REQUIRED` and `TOKEN_REFUSED` are answered 401,
 * `TOKEN_UNCHECKED` 503. To be called before the routes are added.
 */
export function requireToken(app: FastifyInstance, { authenticator, protects }: RequireTokenOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    // Not the path as it was sent: a client can write the same one in other ways (`/%761/`, `http://host/v1/`).
    if (!protects(request.routeOptions.url ?? request.url.split('?')[0] ?? '')) return;
    const token = bearerToken(request.headers.authorization);
    void reply.header('www-authenticate', 'Bearer');
    if (token === undefined) throw fail('TOKEN_REQUIRED');
    const answer = await authenticator.authenticate(token);
    if (answer.outcome === 'refused') throw fail('TOKEN_REFUSED');
    if (answer.outcome === 'unavailable') throw fail('TOKEN_UNCHECKED', { detail: answer.detail });
    void reply.removeHeader('www-authenticate');
  });
}

/** The token of an `Authorization` header; undefined if it holds none, or one of impossible length. */
export function bearerToken(header: string | undefined): string | undefined {
  if (header === undefined || header.length > maxTokenLength) return undefined;
  return /^bearer +([^\s]+) *$/i.exec(header)?.[1];
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
