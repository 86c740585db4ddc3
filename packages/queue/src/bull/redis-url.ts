import { Secret } from '@kso/kit';
import { fail } from '../errors.ts';
import type { RedisTarget } from './connection-options.ts';

/**
 * Reads `redis://[user[:password]@]host[:port][/db]`, or `rediss://` for TLS. @throws REDIS_URL_INVALID, which does not repeat the URL:
 * it may hold a password.
 */
export function parseRedisUrl(url: string | Secret): RedisTarget {
  const text = typeof url === 'string' ? url : url.reveal();
  try {
    const target = read(new URL(text));
    if (target !== undefined) return target;
  } catch {
    // The cause would name the URL.
  }
  throw fail('REDIS_URL_INVALID');
}

function read(url: URL): RedisTarget | undefined {
  const { protocol, hostname, port, pathname } = url;
  const db = /^\/?(\d*)$/.exec(pathname)?.[1];
  if (!/^rediss?:$/.test(protocol) || hostname === '' || db === undefined) return undefined;
  const username = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? 6379 : Number(port),
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password: new Secret(password) }),
    ...(db === '' ? {} : { db: Number(db) }),
    ...(protocol === 'rediss:' ? { tls: { servername: hostname } } : {}),
  };
}
