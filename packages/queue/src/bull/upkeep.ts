import type { BasePorts } from '@kso/kit';
import type { ResolvedSettings } from '../settings.ts';
import type { QueueMetrics } from '../shared/queue-metrics.ts';
import type { Connection } from './connection.ts';
import type { Ledger } from './ledger.ts';
import type { Tickets } from './tickets.ts';

export interface UpkeepOptions {
  readonly connection: Connection;
  readonly ledger: Ledger;
  readonly tickets: Tickets;
  readonly settings: ResolvedSettings;
  readonly metrics: QueueMetrics;
  readonly ports: BasePorts;
  readonly everyRound: () => Promise<void>;
}

const ticketsPerRound = 1000;

/** What has to be done from time to time. Every process does it; all steps are idempotent. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #timer: NodeJS.Timeout;
  /** Per kind, where the search for runs without a ticket goes on. */
  readonly #position = new Map<string, number>();
  #running = false;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#round(), options.settings.maintenanceMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #round(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const { connection, ports, everyRound } = this.#options;
    try {
      await connection.ping();
      if (connection.readySince === undefined) return;
      await connection.run(() => this.#sweep());
      await connection.run(() => this.#kinds());
      await connection.run(everyRound);
    } catch (error) {
      // Redis went away in the middle; the connection has told the log.
      ports.logger.debug({ err: error }, 'upkeep of the queue was interrupted');
    } finally {
      this.#running = false;
    }
  }

  async #sweep(): Promise<void> {
    const { ledger, tickets, settings, metrics, ports } = this.#options;
    const keep = { count: settings.keepCount, ageMs: settings.keepAgeMs, parentAgeMs: settings.abandonParentAfterMs };
    const { expired, abandoned } = await ledger.sweep(ports.clock.now(), keep);
    for (const parentId of abandoned) ports.logger.warn({ parentId }, 'a parent that did not complete was given up');
    for (const [run, kind] of expired) {
      metrics.endedUnrun(kind, 'expired');
      await tickets.remove(kind, run).catch(() => undefined);
    }
  }

  async #kinds(): Promise<void> {
    const { ledger, metrics, ports } = this.#options;
    for (const kind of await ledger.kinds()) {
      await this.#replaceTickets(kind);
      const [counts, oldest] = await Promise.all([ledger.counts(kind), ledger.oldestWaiting(kind)]);
      metrics.gauges(kind, {
        ...counts,
        oldestWaitMs: oldest === undefined ? 0 : Math.max(0, ports.clock.now() - oldest),
      });
    }
  }

  async #replaceTickets(kind: string): Promise<void> {
    const { ledger, tickets, ports } = this.#options;
    const first = this.#position.get(kind) ?? 0;
    const { looked, found } = await ledger.ticketless(kind, first, ticketsPerRound);
    this.#position.set(kind, looked < ticketsPerRound ? 0 : first + ticketsPerRound);
    for (const { run, rank } of found) {
      ports.logger.info({ kind, run }, 'a job whose adding was interrupted is put into its queue');
      await tickets.place(kind, run, rank);
    }
  }
}
