import { Worker } from 'node:worker_threads';
import { describeError } from '@kso/kit';
import type { RunOrder, RunReply } from './protocol.ts';

/** What became of an order: the thread's reply, or why there is none. */
export type RunOutcome = RunReply | { readonly outcome: 'timedOut' } | { readonly outcome: 'cancelled' };

export interface PoolOptions {
  readonly threads: number;
  /** Of one order, from when a thread takes it; in ms. */
  readonly timeMs: number;
  /** Of a thread's own heap, for what rules answer; in MiB. */
  readonly heapMegabytes: number;
}

interface Task {
  readonly order: RunOrder;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (outcome: RunOutcome) => void;
}

interface Thread {
  readonly worker: Worker;
  isAlive: boolean;
  /** Ends the order that it works on. */
  finish: ((outcome: RunOutcome) => void) | undefined;
}

/** The same file as source or compiled. */
const script = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url);

/**
 * Threads that evaluate Rego, started when they are needed. WebAssembly cannot be interrupted from within, so a thread that runs over
 * the time limit is ended, and another one takes its place.
 */
export class RegoPool {
  readonly #options: PoolOptions;
  readonly #idle: Thread[] = [];
  readonly #busy = new Set<Thread>();
  readonly #waiting: Task[] = [];
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  run(order: RunOrder, signal?: AbortSignal): Promise<RunOutcome> {
    return new Promise((resolve) => {
      this.#waiting.push({ order, signal, resolve });
      this.#assign();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve({ outcome: 'cancelled' });
    const busy = [...this.#busy];
    for (const thread of busy) thread.finish?.({ outcome: 'cancelled' });
    await Promise.all([...busy, ...this.#idle.splice(0)].map(({ worker }) => worker.terminate()));
  }

  #assign(): void {
    while (this.#waiting.length > 0 && (this.#idle.length > 0 || this.#busy.size < this.#options.threads)) {
      const task = this.#waiting.shift();
      if (task === undefined) return;
      if (this.#isClosed || task.signal?.aborted === true) task.resolve({ outcome: 'cancelled' });
      else this.#start(task, this.#idle.pop() ?? this.#newThread());
    }
  }

  #start({ order, signal, resolve }: Task, thread: Thread): void {
    this.#busy.add(thread);
    thread.worker.ref();
    const stop = (outcome: 'timedOut' | 'cancelled') => (): void => thread.finish?.({ outcome });
    const timer = setTimeout(stop('timedOut'), this.#options.timeMs);
    const onAbort = stop('cancelled');
    signal?.addEventListener('abort', onAbort, { once: true });
    thread.finish = (outcome) => {
      thread.finish = undefined;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.#busy.delete(thread);
      // Whoever did not reply may still be at it.
      if (outcome.outcome === 'timedOut' || outcome.outcome === 'cancelled') void thread.worker.terminate();
      else if (thread.isAlive && !this.#isClosed) this.#rest(thread);
      resolve(outcome);
      this.#assign();
    };
    thread.worker.postMessage(order, []);
  }

  #rest(thread: Thread): void {
    thread.worker.unref();
    this.#idle.push(thread);
  }

  #newThread(): Thread {
    const worker = new Worker(script, {
      name: 'rego',
      // Rules are foreign code in a sandbox: they get nothing of the process to see.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heapMegabytes },
    });
    const thread: Thread = { worker, isAlive: true, finish: undefined };
    worker.on('message', (reply: RunReply) => thread.finish?.(reply));
    worker.on('error', (error: Error & { code?: string }) => {
      const reason = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'error';
      this.#lost(thread, { outcome: 'failed', reason, detail: describeError(error) });
    });
    worker.on('exit', () => this.#lost(thread, { outcome: 'failed', reason: 'error', detail: 'its thread has ended' }));
    return thread;
  }

  /** A thread that ended by itself. */
  #lost(thread: Thread, outcome: RunOutcome): void {
    thread.isAlive = false;
    const at = this.#idle.indexOf(thread);
    if (at >= 0) this.#idle.splice(at, 1);
    thread.finish?.(outcome);
  }
}
