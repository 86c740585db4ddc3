// The thread that stores reports: decompressing, parsing and writing them takes as long as they are large.
import { parentPort, workerData } from 'node:worker_threads';
import { describeError, systemClock } from '@kso/kit';
import { openEndpointDatabase } from '../database/database.ts';
import { createReceiver } from './receiver.ts';
import type { FromWorker, ToWorker, WorkerData } from './worker-protocol.ts';

const options = workerData as WorkerData;
const port = parentPort;
const receiver = createReceiver(openEndpointDatabase(options.file), { ...options, clock: systemClock });
const answer = (message: FromWorker) => port?.postMessage(message);

async function handle(message: ToWorker): Promise<FromWorker> {
  switch (message.type) {
    case 'receive':
      return { type: 'done', id: message.id, outcome: await receiver.receive(message.delivery) };
    case 'edit':
      return { type: 'done', id: message.id, edited: await receiver.edit(message.edit) };
    case 'prune':
      await receiver.prune();
      return { type: 'done', id: message.id };
    default:
      await receiver.close();
      return { type: 'done', id: message.id };
  }
}

async function serve(message: ToWorker): Promise<void> {
  try {
    answer(await handle(message));
  } catch (error) {
    answer({ type: 'failed', id: message.id, reason: describeError(error) });
  }
  if (message.type === 'close') port?.close();
}

port?.on('message', (message: ToWorker) => void serve(message));
answer({ type: 'ready' });
