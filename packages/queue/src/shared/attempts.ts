import type { Clock } from '@kso/kit';
import type { Attempt } from './attempt.ts';
import { settledWithin } from './within.ts';

/** The attempts that run in one worker. */
export class Attempts {
  readonly #running = new Map<Attempt, Promise<void>>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#running.size;
  }

  [Symbol.iterator](): Iterator<Attempt> {
    return this.#running.keys();
  }

  /** Keeps the attempt until `done`, which covers the writing of its outcome and must not reject. */
  track(attempt: Attempt, done: Promise<void>): void {
    this.#running.set(
      attempt,
      done.finally(() => this.#running.delete(attempt)),
    );
  }

  cancel(key: string): void {
    for (const attempt of this) if (attempt.record.key === key) attempt.cancel();
  }

  /** Waits up to `graceMs`, then releases what still runs and waits up to `writeMs` for that to be written. */
  async drain(graceMs: number, writeMs: number): Promise<void> {
    if (this.size === 0 || (await settledWithin(this.#all(), graceMs, this.#clock))) return;
    for (const attempt of this) attempt.release();
    await settledWithin(this.#all(), writeMs, this.#clock);
  }

  #all(): Promise<unknown> {
    return Promise.all(this.#running.values());
  }
}
