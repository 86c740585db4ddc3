import type { FastifyRequest } from 'fastify';
import { fail } from '../errors.ts';

/** What Anchore's tools name when nobody configured anything. */
const anchoreDefault = 'admin';

/**
 * The account that a request names in `x-anchore-account`, empty for the caller's own. Where accounts are configured nobody writes to
 * another's; without them names only keep things apart. @throws ACCOUNT_UNKNOWN
 */
export function ownerOf(request: FastifyRequest, account: string): string {
  const header = request.headers['x-anchore-account'];
  const named = typeof header === 'string' ? header.trim().slice(0, 253) : '';
  if (named === '' || named === anchoreDefault || named === account) return '';
  if (account !== '') throw fail('ACCOUNT_UNKNOWN', { account: named.slice(0, 100) });
  return named;
}
