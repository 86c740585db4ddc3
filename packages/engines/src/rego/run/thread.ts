import { parentPort } from 'node:worker_threads';
import { evaluateModule } from './evaluate-module.ts';
import type { RunOrder } from './protocol.ts';

/** A thread that evaluates one module after the other. It is ended from outside when a rule takes too long. */
parentPort?.on('message', (order: RunOrder) => {
  parentPort?.postMessage(evaluateModule(order), []);
});
