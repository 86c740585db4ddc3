import { Worker } from 'node:worker_threads';

/** The same file as source or compiled. */
const script = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url);

/**
 * A thread for the scanner (`ScannerPorts.thread`): it loads its code and waits to be told what to do. Whoever wants the first result soon
 * makes it before loading anything else. It does not keep the process alive until then.
 */
export function newThread(): Worker {
  const worker = new Worker(script, { name: 'posture' });
  worker.unref();
  return worker;
}
