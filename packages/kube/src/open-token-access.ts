import { anyAuthenticator, type Clock, configuredAccess, type TokenAccess, type TokenAuthenticator } from '@kso/kit';
import { createKubeClient } from './client.ts';
import { findConnection } from './connection/index.ts';
import { serviceAccountTokens } from './service-account-tokens.ts';

export interface OpenTokenAccess {
  /** Undefined: nothing is asked for. */
  readonly authenticator: TokenAuthenticator | undefined;
  close(): Promise<void>;
}

export interface TokenAccessPorts {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** Sent as `User-Agent`. */
  readonly userAgent: string;
}

/** For a `main.ts`: the adapters that a service's `tokenAccess` asks for. The cluster is looked for only if ServiceAccounts are listed. */
export async function openTokenAccess(access: TokenAccess, ports: TokenAccessPorts): Promise<OpenTokenAccess> {
  const configured = configuredAccess(access);
  if (access.accounts.length === 0) return { authenticator: configured, close: () => Promise.resolve() };
  const { env, clock, userAgent } = ports;
  const client = createKubeClient(await findConnection({ env, clock }), { clock, userAgent });
  const { accounts, audiences } = access;
  const cluster = serviceAccountTokens({ reviews: client.reviews, clock, accounts, audiences });
  const authenticator = configured === undefined ? cluster : anyAuthenticator([configured, cluster]);
  return { authenticator, close: () => client.close() };
}
