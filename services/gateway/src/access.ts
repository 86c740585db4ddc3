import type { IncomingHttpHeaders } from 'node:http';
import { type Authentication, bearerToken, isSameSecret, type Secret, type TokenAuthenticator } from '@kso/kit';

/** Who may connect and send (docs/adr/0011-authentication.md). */
export interface Access {
  /** By what the headers of a request show. Resolves at once where nothing is asked for. */
  authenticate(headers: IncomingHttpHeaders): Promise<Authentication>;
}

export interface AccessOptions {
  /** Shown as `X-API-KEY`. */
  readonly key: Secret | undefined;
  /** Knows bearer tokens. */
  readonly tokens: TokenAuthenticator | undefined;
}

/** Either is enough; everybody may come in when none is configured. */
export function createAccess({ key, tokens }: AccessOptions): Access {
  const isOpen = key === undefined && tokens === undefined;
  return {
    authenticate: async (headers) => {
      if (isOpen) return { outcome: 'accepted', user: '' };
      const shown = headers['x-api-key'];
      if (key !== undefined && typeof shown === 'string' && isSameSecret(shown, key.reveal())) {
        return { outcome: 'accepted', user: 'key' };
      }
      const token = bearerToken(headers.authorization);
      return token === undefined || tokens === undefined ? { outcome: 'refused' } : tokens.authenticate(token);
    },
  };
}
