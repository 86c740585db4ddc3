import type { Clock } from '@kso/kit';

/** Calls `ring` once at the earliest of the times it was set to. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #due = Number.POSITIVE_INFINITY;
  #cancel: AbortController | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Epoch milliseconds. */
  setNoLaterThan(when: number): void {
    if (when >= this.#due) return;
    this.stop();
    this.#due = when;
    const cancel = new AbortController();
    this.#cancel = cancel;
    // Timers of Node wrap around above 2^31 ms; ringing early is harmless.
    const wait = Math.min(Math.max(0, when - this.#clock.now()), 2 ** 31 - 1);
    this.#wait(wait, cancel.signal).catch(() => undefined);
  }

  async #wait(ms: number, cancel: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, cancel);
    this.#due = Number.POSITIVE_INFINITY;
    this.#ring();
  }

  stop(): void {
    this.#cancel?.abort();
    this.#due = Number.POSITIVE_INFINITY;
  }
}
