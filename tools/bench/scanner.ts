import path from 'node:path';
import { createLogger, createMetrics, loadConfig, noopTracer, systemClock } from '@kso/kit';
import { createKubescapeScanner, type KubescapeScanner, scannerConfig } from '@kso/kubescape-scanner';
import { createInProcessQueue } from '@kso/queue';
import { openSqliteStore } from '@kso/store';

export interface BenchScanner {
  readonly scanner: KubescapeScanner;
  stop(): Promise<void>;
}

/** A scanner with queue and store on disk, on a free port. It is not started yet. */
export function makeScanner(folder: string, kubeconfig: string): BenchScanner {
  const logger = createLogger({ service: 'bench', level: 'silent' });
  const ports = { logger, metrics: createMetrics(), tracer: noopTracer, clock: systemClock };
  const store = openSqliteStore({ path: path.join(folder, 'store.db') });
  const queue = createInProcessQueue({ file: path.join(folder, 'queue.db') }, ports);
  const env = {
    KSO_SCANNER_HOST: '127.0.0.1',
    KSO_SCANNER_PORT: '0',
    KSO_SCANNER_DATA_DIR: folder,
    KSO_SCANNER_CLUSTER_NAME: 'bench',
    KSO_SCANNER_SOURCE_KUBECONFIG: kubeconfig,
  };
  const scanner = createKubescapeScanner(loadConfig(scannerConfig, { env }).config, { ...ports, queue, store });
  const stop = async () => {
    await scanner.stop();
    await queue.close();
    store.close();
  };
  return { scanner, stop };
}
