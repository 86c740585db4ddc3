import type { Logger } from '@kso/kit';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

/** Failed moves of a ticket are a matter of Redis, not of the job: BullMQ shall try again for ever. */
const ticketOptions = {
  attempts: 1_000_000_000,
  backoff: { type: 'fixed', delay: 2000 },
  removeOnComplete: true,
  removeOnFail: true,
} as const;

/** BullMQ's side: per kind a queue whose jobs carry nothing but the id of a run in the ledger. */
export class Tickets {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #logger: Logger;
  readonly #queues = new Map<string, Queue>();

  constructor(redis: Redis, prefix: string, logger: Logger) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#logger = logger;
  }

  /** Idempotent: BullMQ keeps one job of an id. */
  async place(kind: string, run: string, rank: number): Promise<void> {
    await this.#queue(kind).add(kind, {}, { ...ticketOptions, jobId: run, priority: rank });
  }

  async raise(kind: string, run: string, rank: number): Promise<void> {
    const ticket = await this.#queue(kind).getJob(run);
    await ticket?.changePriority({ priority: rank });
  }

  async remove(kind: string, run: string): Promise<void> {
    await this.#queue(kind).remove(run);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }

  #queue(kind: string): Queue {
    let queue = this.#queues.get(kind);
    if (queue === undefined) {
      // Nobody reads BullMQ's event streams here: keep them short.
      const streams = { events: { maxLen: 100 } };
      queue = new Queue(kind, { connection: this.#redis, prefix: this.#prefix, streams });
      queue.on('error', (error) => this.#logger.debug({ err: error, kind }, 'error of a BullMQ queue'));
      this.#queues.set(kind, queue);
    }
    return queue;
  }
}
