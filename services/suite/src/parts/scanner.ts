import { join } from 'node:path';
import { createKubescapeScanner, type KubescapeScanner, scannerConfig } from '@kso/kubescape-scanner';
import { portsOf, type WorkingContext } from './context.ts';
import { openOutbox } from './outbox.ts';

export interface ScannerPart {
  readonly scanner: KubescapeScanner;
  /** Resolves when its reports are delivered. */
  delivered(signal: AbortSignal): Promise<void>;
}

export async function startScanner(context: WorkingContext): Promise<ScannerPart> {
  const { config, folders, stack, queue } = context;
  const { type, path, kubeconfig, context: kubeContext } = config.target;
  const { store, poster } = openOutbox(context, 'kubescape-scanner');
  const settings = scannerConfig.schema.parse({
    host: config.host,
    port: config.ports.scanner,
    dataDir: join(folders.target, 'scanner'),
    clusterName: config.clusterName,
    source: { type, path, kubeconfig, context: kubeContext },
    report: config.account === '' ? {} : { account: config.account },
  });
  const ports = { ...portsOf(context, 'kubescape-scanner'), queue, store, wakePoster: () => poster.wake() };
  const scanner = await stack.start(createKubescapeScanner(settings, ports), 'scanner');
  return { scanner, delivered: (signal) => poster.idle(signal) };
}
