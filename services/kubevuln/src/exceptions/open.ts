import { join } from 'node:path';
import { type BasePorts, createHttpClient, type Outgoing } from '@kso/kit';
import type { KubevulnConfig } from '../config.ts';
import { type AskEndpoint, createExceptionEndpoint } from './endpoint.ts';
import type { ClusterExceptions } from './sources.ts';

/** The sources of exceptions that a process of its own has, as its configuration says. */
export interface OpenedExceptions {
  readonly ports: { readonly askExceptions?: AskEndpoint; readonly clusterExceptions?: ClusterExceptions };
  close(): Promise<void>;
}

/** @throws KUBE_NOT_CONFIGURED when the cluster's exceptions are wanted and there is none */
export async function openExceptions(
  config: KubevulnConfig,
  { env, outgoing, ...ports }: BasePorts & { readonly env: NodeJS.ProcessEnv; readonly outgoing: Outgoing },
): Promise<OpenedExceptions> {
  const { exceptions, account, report, dataDir } = config;
  const url = exceptions.fromEndpoint ? (exceptions.url ?? report.url) : undefined;
  const http = url === undefined ? undefined : createHttpClient({ outgoing });
  const cluster = exceptions.fromCluster ? await openCluster(env, ports) : undefined;
  return {
    ports: {
      ...(http === undefined
        ? {}
        : {
            askExceptions: createExceptionEndpoint({
              ...ports,
              http,
              account,
              url: () => url,
              accessKey: report.accessKey,
              directory: join(dataDir, 'exceptions'),
            }),
          }),
      ...(cluster === undefined ? {} : { clusterExceptions: cluster.exceptions }),
    },
    close: async () => {
      await http?.close();
      await cluster?.close();
    },
  };
}

async function openCluster(env: NodeJS.ProcessEnv, { clock }: BasePorts) {
  // Loaded only where it is needed.
  const { createKubeClient, findConnection } = await import('@kso/kube');
  const { readClusterExceptions } = await import('./cluster.ts');
  const client = createKubeClient(await findConnection({ env, clock }), { clock, userAgent: 'kso-kubevuln' });
  return { exceptions: readClusterExceptions(client), close: () => client.close() };
}
