import { Secret } from '@kso/kit';
import { fail } from '../errors.ts';
import type { RedisTarget } from './connection-options.ts';

/**
 * Reads `redis://[user[:password]@]host[:port][/db]`, or `rediss://` for TLS. @throws REDIS_URL_INVALID, which does not repeat the URL:
 * it may hold a password.
 */
export function parseRedisUrl(url: string | Secret): RedisTarget {
  const text = typeof url === 'string' ? url : url.reveal();
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  const db = /^\/?(\d*)$/.exec(parsed?.pathname ?? '')?.[1];
  if (parsed === undefined || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '' || db === undefined)
    throw fail('REDIS_URL_INVALID');
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? 6379 : Number(parsed.port),
    ...(parsed.username === '' ? {} : { username: decodeURIComponent(parsed.username) }),
    ...(parsed.password === '' ? {} : { password: new Secret(decodeURIComponent(parsed.password)) }),
    ...(db === '' ? {} : { db: Number(db) }),
    ...(parsed.protocol === 'rediss:' ? { tls: { servername: parsed.hostname } } : {}),
  };
}
