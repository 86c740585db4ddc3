// The scanner's thread: a worker behind messages. Made by new-thread.ts, started by thread-client.ts.
import { parentPort } from 'node:worker_threads';
import { createLogger, createMetrics, describeError, KsoError, systemClock } from '@kso/kit';
import { fail, type ScannerErrorCode, scannerErrors } from '../errors.ts';
import { readWatches } from '../metrics/thread-watches.ts';
import { openSource } from '../scan/source-config.ts';
import type { PostureWorker } from './port.ts';
import { createPostureWorker } from './posture-worker.ts';
import type { FromWorker, ScanError, ScanHooks, ToWorker, WorkerSettings } from './protocol.ts';
import { relayingDestination } from './relayed-log.ts';

const port = parentPort;
if (port === null) throw new Error('thread.ts runs in a worker thread');

const metrics = createMetrics();
const post = (message: FromWorker, transferred: readonly ArrayBuffer[] = []): void =>
  port.postMessage(message, [...transferred]);
const close = (): void => port.close();
const destination = relayingDestination((line) => post({ type: 'log', line }));
const logger = createLogger({ service: 'kubescape-scanner', destination });
const scans = new Map<number, AbortController>();
const batches = new Map<number, (ok: boolean) => void>();
const parts = new Map<number, (problem: string | undefined) => void>();
let nextBatch = 1;

let worker: PostureWorker | undefined;

port.on('message', (message: ToWorker) => {
  if (message.type === 'start') {
    worker = newWorker(message.settings);
    void worker.run();
  } else if (worker !== undefined) receive(message, worker);
  // It was loaded for nothing.
  else if (message.type === 'stop') close();
});

function receive(message: Exclude<ToWorker, { type: 'start' }>, of: PostureWorker): void {
  switch (message.type) {
    case 'scan':
      void scan(message, of);
      return;
    case 'cancel':
      scans.get(message.id)?.abort();
      return;
    case 'stored':
      batches.get(message.batch)?.(message.ok);
      batches.delete(message.batch);
      return;
    case 'partTaken':
      parts.get(message.id)?.(message.problem);
      parts.delete(message.id);
      return;
    case 'policy':
      of.setPolicy(message.policy);
      return;
    case 'rego':
      of.setRego(message.rego);
      return;
    case 'figures':
      post({ type: 'figures', id: message.id, figures: of.figures() });
      return;
    case 'watches':
      void readWatches(metrics).then((samples) => post({ type: 'watches', id: message.id, samples }));
      return;
    case 'stop':
      for (const settle of batches.values()) settle(false);
      for (const settle of parts.values()) settle('the scanner is stopping');
      void of.stop().finally(close);
      return;
  }
}

function newWorker(settings: WorkerSettings): PostureWorker {
  return createPostureWorker(settings, {
    clock: systemClock,
    logger,
    openSource: () => openSource(settings.source, { clock: systemClock, logger, metrics, env: process.env }),
    onState: (state) => post({ type: 'state', state }),
    store: (changes) =>
      new Promise((resolve) => {
        const batch = nextBatch++;
        batches.set(batch, resolve);
        const bodies = changes.parts.map(({ body }) => body.buffer);
        post({ type: 'changes', batch, changes }, bodies);
      }),
  });
}

async function scan({ id, order }: Extract<ToWorker, { type: 'scan' }>, of: PostureWorker): Promise<void> {
  const controller = new AbortController();
  scans.set(id, controller);
  try {
    const hooks: ScanHooks = {
      onProgress: (progress) => post({ type: 'progress', id, progress }),
      takePart: async (part) => {
        const taken = new Promise<string | undefined>((resolve) => parts.set(id, resolve));
        post({ type: 'part', id, part }, [part.body.buffer]);
        const problem = await taken;
        if (problem !== undefined) throw fail('REPORT_NOT_STORED', { problem });
      },
    };
    const outcome = await of.scan(order, hooks, controller.signal);
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
  const stack = error instanceof Error ? error.stack : undefined;
  return {
    code: 'SCAN_FAILED',
    context: { problem: describeError(error) },
    ...(stack === undefined ? {} : { stack }),
  };
}

function isOurs(code: string): code is ScannerErrorCode {
  return Object.hasOwn(scannerErrors, code);
}
