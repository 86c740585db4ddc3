import type { Clock } from '@kso/kit';

export interface WorkLineOptions<T> {
  /** So many at a time. */
  readonly concurrency: number;
  readonly clock: Clock;
  /** One attempt, counted from 1. Answers how long to wait before the next one, in ms, or undefined when there is none. Never rejects. */
  readonly attempt: (id: string, item: T, attempt: number) => Promise<number | undefined>;
  /** Called when something came or ended. */
  readonly onChange: () => void;
}

interface Work<T> {
  readonly id: string;
  readonly item: T;
  readonly attempt: number;
}

/** Works through what comes, in order and a few at a time. What has to be tried again later gives its place to the next meanwhile. */
export class WorkLine<T> {
  readonly #options: WorkLineOptions<T>;
  /** Those that wait for a place, are worked on or rest. */
  readonly #known = new Set<string>();
  readonly #waiting: Work<T>[] = [];
  readonly #working = new Set<Promise<void>>();
  readonly #resting = new Set<Promise<void>>();
  readonly #stopping: AbortSignal;

  constructor(options: WorkLineOptions<T>, stopping: AbortSignal) {
    this.#options = options;
    this.#stopping = stopping;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Nothing for an id that is there already. */
  add(id: string, item: T): void {
    if (this.#known.has(id)) return;
    this.#known.add(id);
    this.#waiting.push({ id, item, attempt: 1 });
    this.#fill();
    this.#options.onChange();
  }

  /** What is worked on goes on; it is not tried again. */
  remove(id: string): void {
    const at = this.#waiting.findIndex((work) => work.id === id);
    if (at >= 0) this.#waiting.splice(at, 1);
    this.#known.delete(id);
    this.#options.onChange();
  }

  /** Resolves when nothing is worked on any more, after `stopping` was aborted. */
  async ended(): Promise<void> {
    this.#waiting.length = 0;
    await Promise.all([...this.#working, ...this.#resting]);
  }

  #fill(): void {
    while (!this.#stopping.aborted && this.#working.size < this.#options.concurrency) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const working = this.#work(next).finally(() => {
        this.#working.delete(working);
        this.#fill();
        this.#options.onChange();
      });
      this.#working.add(working);
    }
  }

  async #work(work: Work<T>): Promise<void> {
    const restMs = await this.#options.attempt(work.id, work.item, work.attempt);
    if (restMs === undefined || this.#stopping.aborted) this.#known.delete(work.id);
    else this.#rest({ ...work, attempt: work.attempt + 1 }, restMs);
  }

  #rest(work: Work<T>, restMs: number): void {
    const resting = this.#comeAgain(work, restMs).finally(() => this.#resting.delete(resting));
    this.#resting.add(resting);
  }

  async #comeAgain(work: Work<T>, restMs: number): Promise<void> {
    await this.#options.clock.sleep(restMs, this.#stopping).catch(() => undefined);
    // Removed meanwhile.
    if (this.#stopping.aborted || !this.#known.has(work.id)) return;
    this.#waiting.push(work);
    this.#fill();
  }
}
