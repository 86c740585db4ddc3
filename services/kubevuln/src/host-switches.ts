import type { HostSwitches } from '@kso/registry';
import type { KubevulnConfig } from './config.ts';

/** What the configuration says of single registries, by `host[:port]`. */
export function hostSwitches(config: KubevulnConfig): Record<string, HostSwitches> {
  const hosts = [...config.plainHttpRegistries, ...config.skipTlsVerifyRegistries];
  return Object.fromEntries(
    hosts.map((host) => [
      host,
      {
        plainHttp: config.plainHttpRegistries.includes(host) || undefined,
        skipTlsVerify: config.skipTlsVerifyRegistries.includes(host) || undefined,
      },
    ]),
  );
}
