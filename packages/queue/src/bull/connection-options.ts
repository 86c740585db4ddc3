import type { ConnectionOptions } from 'node:tls';
import { backoffDelay, type Secret } from '@kso/kit';

/** How to reach Redis. */
export interface RedisTarget {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 6379. */
  readonly port?: number;
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  readonly db?: number;
  readonly tls?: ConnectionOptions;
}

const reconnect = { baseMs: 100, maxMs: 5000 };

/** For every connection of the queue: commands wait for the connection to come back, which is tried for ever with jittered backoff. */
export function redisOptions(target: RedisTarget, connectionName: string) {
  return {
    host: target.host ?? '127.0.0.1',
    port: target.port ?? 6379,
    ...(target.username === undefined ? {} : { username: target.username }),
    ...(target.password === undefined ? {} : { password: target.password.reveal() }),
    ...(target.db === undefined ? {} : { db: target.db }),
    ...(target.tls === undefined ? {} : { tls: target.tls }),
    connectionName,
    connectTimeout: 5000,
    maxRetriesPerRequest: null,
    // At least 50 ms: full jitter alone may say 0.
    retryStrategy: (times: number) => Math.max(50, backoffDelay(times, reconnect)),
  };
}
