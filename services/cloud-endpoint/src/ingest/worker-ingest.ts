import { Worker } from 'node:worker_threads';
import { describeError, type Logger } from '@kso/kit';
import { fail } from '../errors.ts';
import type { EditOutcome } from './edits.ts';
import type { Delivery, Ingest, IngestOptions } from './port.ts';
import type { FromWorker, ToWorker } from './worker-protocol.ts';

/** The same file as source or compiled. */
const script = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

type Done = Extract<FromWorker, { type: 'done' }>;

interface Pending {
  readonly resolve: (answer: Done) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Stores reports on a thread of its own. When the thread ends unexpectedly, what it had is refused with INGEST_UNAVAILABLE – senders come
 * again, and a report that had been stored is recognised – and the next report starts a new one.
 */
export function createWorkerIngest(options: IngestOptions, logger: Logger): Ingest {
  const pending = new Map<number, Pending>();
  let nextId = 1;
  let worker: Worker | undefined;
  let isClosed = false;
  /** Why the thread of before ended; a new one that comes up clears it. */
  let failure: string | undefined;

  const refuseAll = (cause: unknown): void => {
    for (const { reject } of pending.values()) reject(fail('INGEST_UNAVAILABLE', {}, cause));
    pending.clear();
  };
  const settle = (message: FromWorker): void => {
    if (message.type === 'ready') {
      failure = undefined;
      return;
    }
    const waiting = pending.get(message.id);
    pending.delete(message.id);
    if (message.type === 'done') waiting?.resolve(message);
    else waiting?.reject(fail('INGEST_UNAVAILABLE', {}, new Error(message.reason)));
  };
  const start = (): Worker => {
    const started = new Worker(script, { workerData: options, name: 'ingest' });
    started.on('message', settle);
    started.on('error', (error) => {
      logger.error({ err: error }, 'the thread that stores reports failed');
      worker = undefined;
      failure = describeError(error);
      refuseAll(error);
    });
    started.on('exit', (code) => {
      if (worker !== started) return;
      worker = undefined;
      refuseAll(new Error(`the thread ended with code ${code}`));
    });
    return started;
  };
  const ask = (make: (id: number) => ToWorker, transfer: ArrayBuffer[] = []): Promise<Done> =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      pending.set(id, { resolve, reject });
      worker ??= start();
      worker.postMessage(make(id), transfer);
    });

  return {
    async receive(delivery) {
      if (isClosed) throw fail('INGEST_UNAVAILABLE');
      const movable = toMovable(delivery);
      const { outcome } = await ask(
        (id) => ({ type: 'receive', id, delivery: movable }),
        [movable.body.buffer as ArrayBuffer],
      );
      if (outcome === undefined) throw fail('INGEST_UNAVAILABLE');
      return outcome;
    },
    async edit(edit): Promise<EditOutcome> {
      if (isClosed) throw fail('INGEST_UNAVAILABLE');
      const { edited } = await ask((id) => ({ type: 'edit', id, edit }));
      if (edited === undefined) throw fail('INGEST_UNAVAILABLE');
      return edited;
    },
    notReady: () => (isClosed ? 'stopping' : failure && `reports cannot be stored: ${failure}`),
    async prune() {
      // Without a report there is no thread (it costs some 30 MB), and nothing that grows: the next time will do.
      if (!isClosed && worker !== undefined) await ask((id) => ({ type: 'prune', id }));
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      if (worker === undefined) return;
      const ending = worker;
      const ended = new Promise<void>((resolve) => ending.once('exit', () => resolve()));
      await ask((id) => ({ type: 'close', id })).catch(() => undefined);
      await ended;
    },
  };
}

/** A small body lies in memory that Node shares with others: only one with a buffer of its own can be given away. */
function toMovable(delivery: Delivery): Delivery {
  const { body } = delivery;
  const isAlone = body.byteOffset === 0 && body.byteLength === body.buffer.byteLength;
  return { ...delivery, body: isAlone ? new Uint8Array(body.buffer) : new Uint8Array(body) };
}
