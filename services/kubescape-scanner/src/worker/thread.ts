// The scanner's thread: a worker behind messages. Started by thread-client.ts with WorkerSettings.
import { parentPort, workerData } from 'node:worker_threads';
import { createLogger, createMetrics, describeError, KsoError, systemClock } from '@kso/kit';
import { type ScannerErrorCode, scannerErrors } from '../errors.ts';
import { openSource } from '../scan/source-config.ts';
import { createPostureWorker } from './posture-worker.ts';
import type { FromWorker, ScanError, ToWorker, WorkerSettings } from './protocol.ts';
import { relayingDestination } from './relayed-log.ts';

const port = parentPort;
if (port === null) throw new Error('thread.ts runs in a worker thread');

const settings = workerData as WorkerSettings;
const metrics = createMetrics();
const post = (message: FromWorker): void => port.postMessage(message);
const destination = relayingDestination((line) => post({ type: 'log', line }));
const logger = createLogger({ service: 'kubescape-scanner', destination });
const scans = new Map<number, AbortController>();
const batches = new Map<number, (ok: boolean) => void>();
let nextBatch = 1;

const worker = createPostureWorker(settings, {
  clock: systemClock,
  logger,
  openSource: () => openSource(settings.source, { clock: systemClock, logger, metrics, env: process.env }),
  onState: (state) => post({ type: 'state', state }),
  store: (changes) =>
    new Promise((resolve) => {
      const batch = nextBatch++;
      batches.set(batch, resolve);
      post({ type: 'changes', batch, changes });
    }),
});

port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'scan':
      void scan(message);
      return;
    case 'cancel':
      scans.get(message.id)?.abort();
      return;
    case 'stored':
      batches.get(message.batch)?.(message.ok);
      batches.delete(message.batch);
      return;
    case 'stop':
      for (const settle of batches.values()) settle(false);
      void worker.stop().finally(() => port.close());
      return;
  }
});

void worker.run();

async function scan({ id, order }: Extract<ToWorker, { type: 'scan' }>): Promise<void> {
  const controller = new AbortController();
  scans.set(id, controller);
  try {
    const outcome = await worker.scan(order, (progress) => post({ type: 'progress', id, progress }), controller.signal);
    post({ type: 'scanned', id, outcome });
  } catch (error) {
    post({
      type: 'refused',
      id,
      error: controller.signal.aborted ? { code: 'SCAN_CANCELLED', context: {} } : scanError(error),
    });
  } finally {
    scans.delete(id);
  }
}

function scanError(error: unknown): ScanError {
  if (error instanceof KsoError && isOurs(error.code)) {
    const context = Object.entries(error.context).flatMap(([name, value]) =>
      typeof value === 'boolean' || value === undefined ? [] : [[name, value] as const],
    );
    return { code: error.code, context: Object.fromEntries(context) };
  }
  logger.error({ err: error }, 'a scan failed');
  return { code: 'SCAN_FAILED', context: { problem: describeError(error) } };
}

function isOurs(code: string): code is ScannerErrorCode {
  return Object.hasOwn(scannerErrors, code);
}
