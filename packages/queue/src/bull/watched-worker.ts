import type { Clock } from '@kso/kit';
import { type Job, type Processor, Worker, type WorkerOptions } from 'bullmq';

/**
 * A BullMQ worker that remembers when it last came back from Redis with a job or with nothing (B39: its blocking connection may hang
 * while `isRunning()` still says true).
 */
export class WatchedWorker extends Worker<object, null> {
  readonly #clock: Clock;
  #seenAt: number;

  constructor(kind: string, processor: Processor<object, null>, options: WorkerOptions, clock: Clock) {
    // Started below: the constructor of the class above must not poll before the fields of this one are there.
    super(kind, processor, { ...options, autorun: false });
    this.#clock = clock;
    this.#seenAt = clock.now();
    this.run().catch((error: unknown) => this.emit('error', error instanceof Error ? error : new Error(String(error))));
  }

  /** Epoch milliseconds. */
  get seenAt(): number {
    return this.#seenAt;
  }

  protected override async moveToActive(token: string, name?: string): Promise<Job<object, null>> {
    const job = await super.moveToActive(token, name);
    this.#seenAt = this.#clock.now();
    return job;
  }
}
