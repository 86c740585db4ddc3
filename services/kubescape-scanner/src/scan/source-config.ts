import type { ObjectSource } from '@kso/domain';
import type { Clock, Logger, Metrics } from '@kso/kit';

/** What to scan, as plain data: it crosses the border of a thread. */
export type SourceConfig =
  | { readonly type: 'manifests'; readonly path: string | readonly string[] }
  | {
      readonly type: 'cluster';
      /** A kubeconfig file; by default `KUBECONFIG`, then the pod's service account, then `~/.kube/config`. */
      readonly kubeconfig?: string;
      readonly context?: string;
    };

export interface OpenSourcePorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly env: NodeJS.ProcessEnv;
}

export interface OpenedSource {
  readonly source: ObjectSource;
  close(): Promise<void>;
}

/** Opens a source in the present thread. Each package is loaded only when it is needed. @throws KUBE_NOT_CONFIGURED and others of `@kso/kube` */
export async function openSource(config: SourceConfig, ports: OpenSourcePorts): Promise<OpenedSource> {
  if (config.type === 'manifests') {
    const { createManifestSource } = await import('@kso/manifests');
    return { source: createManifestSource({ path: config.path }), close: () => Promise.resolve() };
  }
  const { createClusterSource, createKubeClient, findConnection } = await import('@kso/kube');
  const { clock, env } = ports;
  const connection = await findConnection({
    env,
    clock,
    ...(config.kubeconfig === undefined ? {} : { kubeconfig: config.kubeconfig }),
    ...(config.context === undefined ? {} : { context: config.context }),
  });
  const client = createKubeClient(connection, { clock, userAgent: 'kso-kubescape-scanner' });
  return { source: createClusterSource({ ...ports, client }), close: () => client.close() };
}
