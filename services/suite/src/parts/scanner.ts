import { join } from 'node:path';
import { createHttpClient, readOutgoing } from '@kso/kit';
import {
  createKubescapeScanner,
  createPolicyEndpoint,
  type KubescapeScanner,
  scannerConfig,
} from '@kso/kubescape-scanner';
import { portsOf, type WorkingContext } from './context.ts';
import { openOutbox } from './outbox.ts';

export interface ScannerPart {
  readonly scanner: KubescapeScanner;
  /** Resolves when its reports are delivered. */
  delivered(signal: AbortSignal): Promise<void>;
}

export async function startScanner(context: WorkingContext, env: NodeJS.ProcessEnv): Promise<ScannerPart> {
  const { config, folders, stack, queue, backend } = context;
  const { type, path, kubeconfig, context: kubeContext } = config.target;
  const { store, poster } = openOutbox(context, 'kubescape-scanner');
  const parsed = scannerConfig.schema.parse({
    host: config.host,
    port: config.ports.scanner,
    dataDir: join(folders.target, 'scanner'),
    clusterName: config.clusterName,
    // Not when any port may be taken: kubevuln starts later.
    ...(config.ports.kubevuln === 0 ? {} : { kubevulnUrl: `http://127.0.0.1:${config.ports.kubevuln}` }),
    source: { type, path, kubeconfig, context: kubeContext },
    report: config.account === '' ? {} : { account: config.account },
  });
  // Of the suite's own configuration, where it was read already.
  const settings = { ...parsed, policy: config.policy };
  const http = createHttpClient({ outgoing: readOutgoing(env) });
  stack.onUnwind(() => http.close());
  const policyEndpoint = createPolicyEndpoint({
    url: () => config.backend.url ?? backend.reportUrl(),
    http,
    account: config.account === '' ? undefined : config.account,
    accessKey: config.accessKey,
  });
  const ports = {
    ...portsOf(context, 'kubescape-scanner'),
    queue,
    store,
    policyEndpoint,
    thread: context.ports.scannerThread,
    wakePoster: () => poster.wake(),
  };
  const scanner = await stack.start(createKubescapeScanner(settings, ports), 'scanner');
  return { scanner, delivered: (signal) => poster.idle(signal) };
}
