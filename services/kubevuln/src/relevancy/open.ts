import type { BasePorts } from '@kso/kit';
import type { KubevulnConfig } from '../config.ts';
import type { ContainerProfiles } from './profiles.ts';

/** Where a process of its own reads profiles from, as its configuration says. */
export interface OpenedProfiles {
  readonly ports: { readonly profiles?: ContainerProfiles };
  close(): Promise<void>;
}

/** @throws KUBE_NOT_CONFIGURED when profiles are to be read from a cluster and there is none */
export async function openProfiles(
  { relevancy }: KubevulnConfig,
  { env, clock }: BasePorts & { readonly env: NodeJS.ProcessEnv },
): Promise<OpenedProfiles> {
  if (!relevancy.fromCluster) return { ports: {}, close: () => Promise.resolve() };
  // Loaded only where they are needed.
  const { createKubeClient, findConnection } = await import('@kso/kube');
  const { readClusterProfiles } = await import('./profiles.ts');
  const client = createKubeClient(await findConnection({ env, clock }), { clock, userAgent: 'kso-kubevuln' });
  return { ports: { profiles: readClusterProfiles(client) }, close: () => client.close() };
}
