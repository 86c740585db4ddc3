import { z } from 'zod';
import { secret } from '../config/fields.ts';
import { configuredTokens, type TokenAuthenticator } from './authentication.ts';

/**
 * Field of a service's schema: whose bearer tokens it accepts (docs/adr/0011-authentication.md). Nothing is asked for where neither
 * `token` nor `accounts` is given.
 */
export function tokenAccess() {
  return z
    .object({
      /** One that is configured; best by its `…_FILE`. */
      token: secret().optional(),
      /** ServiceAccounts that may come in, `<namespace>/<name>` or `<namespace>/*`; their tokens are checked by the API server. */
      accounts: z
        .array(z.string().regex(/^[a-z\d-]+\/([a-z\d.-]+|\*)$/, 'expected <namespace>/<name> or <namespace>/*'))
        .default([]),
      /** What those tokens have to be made for. */
      audiences: z.array(z.string().min(1)).min(1).default(['kubescape-operator']),
    })
    .prefault({});
}

export type TokenAccess = z.output<ReturnType<typeof tokenAccess>>;

/** What knows the configured token; undefined without one. */
export function configuredAccess({ token }: Pick<TokenAccess, 'token'>): TokenAuthenticator | undefined {
  return token === undefined ? undefined : configuredTokens([token], 'token');
}
