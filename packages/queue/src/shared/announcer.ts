import { type BasePorts, backoffDelay } from '@kso/kit';
import type { ChildEnd } from '../port.ts';
import type { QueueMetrics } from './queue-metrics.ts';

/** Where announcements come from. The source gives out one end per parent at a time. */
export interface EndSource<Taken extends ChildEnd> {
  take(): Promise<Taken | undefined>;
  /** The handler returned: this end is never given out again. */
  acknowledge(end: Taken): Promise<void>;
  /** The handler threw: give it out again after `delayMs`. */
  postpone(end: Taken, delayMs: number): Promise<void>;
  /** Called every `renewEveryMs` while the handler runs, for sources whose ends are only lent. */
  renew?(end: Taken): Promise<void>;
  readonly renewEveryMs?: number;
}

const parallelParents = 8;
const backoff = { baseMs: 200, maxMs: 30_000 };

/** Tells the handler of children's ends until it acknowledges them. `wake` whenever there may be something to tell. */
export class Announcer<Taken extends ChildEnd> {
  readonly #source: EndSource<Taken>;
  readonly #handler: (end: ChildEnd) => Promise<void>;
  readonly #ports: BasePorts;
  readonly #metrics: QueueMetrics;
  readonly #running = new Set<Promise<void>>();
  readonly #failures = new Map<string, number>();
  #taking: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(
    source: EndSource<Taken>,
    handler: (end: ChildEnd) => Promise<void>,
    ports: BasePorts,
    metrics: QueueMetrics,
  ) {
    this.#source = source;
    this.#handler = handler;
    this.#ports = ports;
    this.#metrics = metrics;
  }

  wake(): void {
    this.#again = true;
    if (this.#taking !== undefined || this.#stopped) return;
    this.#taking = this.#takeAll().finally(() => {
      this.#taking = undefined;
      // A wake that came while the last `take` was answered "nothing" must not be lost.
      if (this.#again) this.wake();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#taking;
    await Promise.all(this.#running);
  }

  async #takeAll(): Promise<void> {
    this.#again = false;
    while (!this.#stopped && this.#running.size < parallelParents) {
      const end = await this.#source.take().catch((error: unknown) => {
        // The adapter's own pulse wakes us again.
        this.#ports.logger.debug({ err: error }, 'ends of children cannot be read now');
        return undefined;
      });
      if (end === undefined) return;
      const delivery = this.#deliver(end);
      this.#running.add(delivery);
      void delivery.finally(() => {
        this.#running.delete(delivery);
        this.wake();
      });
    }
  }

  async #deliver(end: Taken): Promise<void> {
    const renewal = this.#renewal(end);
    try {
      await this.#handler(end);
      await this.#source.acknowledge(end);
      this.#failures.delete(end.parentId);
      this.#metrics.announced(true);
    } catch (error) {
      await this.#postpone(end, error);
    } finally {
      clearInterval(renewal);
    }
  }

  async #postpone(end: Taken, error: unknown): Promise<void> {
    const failures = (this.#failures.get(end.parentId) ?? 0) + 1;
    this.#failures.set(end.parentId, failures);
    this.#metrics.announced(false);
    const delayMs = backoffDelay(failures, backoff);
    this.#ports.logger.warn(
      { err: error, parentId: end.parentId, jobId: end.child.jobId, attempt: failures, delayMs },
      'the end of a child was not acknowledged and will be announced again',
    );
    // When this fails too, the source gives the end out again by itself.
    await this.#source.postpone(end, delayMs).catch(() => undefined);
    void this.#ports.clock.sleep(delayMs).then(() => this.wake());
  }

  #renewal(end: Taken): NodeJS.Timeout | undefined {
    const { renewEveryMs } = this.#source;
    if (renewEveryMs === undefined) return undefined;
    return setInterval(() => {
      this.#source.renew?.(end).catch(() => undefined);
    }, renewEveryMs).unref();
  }
}
