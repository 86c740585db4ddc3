import { EventEmitter, once } from 'node:events';
import type { Clock } from '@kso/kit';
import type { JobQueue, ParentRecord } from '@kso/queue';

/** The end may have been told to another replica of the operator: then nobody calls here. */
const lookAgainMs = 10_000;

/** Lets others wait for the end of a command. */
export class CommandEnds {
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #ports: { readonly queue: JobQueue; readonly clock: Clock };

  constructor(ports: { readonly queue: JobQueue; readonly clock: Clock }) {
    this.#ports = ports;
  }

  /** Something of the command has ended: whoever waits looks. */
  changed(jobId: string): void {
    this.#changes.emit(jobId);
  }

  /** The command when it is complete; undefined if the queue does not know it (any more). @throws QUEUE_…, the signal's reason */
  async wait(jobId: string, signal: AbortSignal): Promise<ParentRecord | undefined> {
    const { queue, clock } = this.#ports;
    for (;;) {
      // Listens before it looks: an end in between is not missed.
      const stop = new AbortController();
      const either = AbortSignal.any([signal, stop.signal]);
      const change = once(this.#changes, jobId, { signal: either });
      change.catch(() => undefined);
      try {
        const parent = await queue.getParent(jobId);
        if (parent === undefined || parent.completedAt !== undefined) return parent;
        await Promise.race([change, clock.sleep(lookAgainMs, either)]);
      } finally {
        stop.abort();
      }
    }
  }
}
