import { childNetworkEnv, readOutgoing } from '@kso/kit';

/** Variables of the service that a child may see as they are. Everything else stays here. */
const allowed = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'SSL_CERT_DIR', 'SSL_CERT_FILE'];

/**
 * The environment of an engine: an allow list of the service's own variables, the way out (proxy, certificates) and what the caller adds.
 * A service's environment holds keys and tokens that no scanner of foreign content should inherit.
 */
export function childEnvironment(
  env: NodeJS.ProcessEnv,
  added: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const child: Record<string, string> = {};
  for (const name of allowed) {
    const value = env[name];
    if (value !== undefined) child[name] = value;
  }
  return { ...child, ...childNetworkEnv(readOutgoing(env)), ...added };
}
