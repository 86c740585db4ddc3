import type { BasePorts } from '@kso/kit';
import { DelayedError, type Job, WaitingError, type WorkerOptions } from 'bullmq';
import type { JobHandler, JobRecord, JobWorker } from '../port.ts';
import type { ResolvedSettings } from '../settings.ts';
import { Attempt } from '../shared/attempt.ts';
import { Attempts } from '../shared/attempts.ts';
import type { QueueMetrics } from '../shared/queue-metrics.ts';
import { settledWithin } from '../shared/within.ts';
import type { Held, Ledger } from './ledger.ts';
import { settle, type TicketMove } from './settle.ts';
import { WatchedWorker } from './watched-worker.ts';

export interface BullWorkerContext {
  readonly ledger: Ledger;
  readonly settings: ResolvedSettings;
  readonly ports: BasePorts;
  readonly metrics: QueueMetrics;
  readonly workerOptions: Omit<WorkerOptions, 'concurrency'>;
  /** A worker that has seen neither a job nor an empty poll for so long is rebuilt, in ms. */
  readonly staleAfterMs: number;
  /** How long closing may wait for Redis, in ms. */
  readonly closeWithinMs: number;
  /** Since when Redis can be reached, undefined while it cannot. */
  readonly readySince: () => number | undefined;
}

/** Takes tickets of one kind and does the runs that they stand for. Rebuilds its BullMQ worker when that has gone silent. */
export class BullWorker implements JobWorker {
  readonly kind: string;
  readonly #concurrency: number;
  readonly #handler: JobHandler;
  readonly #context: BullWorkerContext;
  readonly #attempts: Attempts;
  readonly #held = new Map<Attempt, Held>();
  readonly #retired = new Set<Promise<void>>();
  #worker: WatchedWorker;
  #legacy: Attempt[] = [];
  #closing = false;

  constructor(kind: string, concurrency: number, handler: JobHandler, context: BullWorkerContext) {
    this.kind = kind;
    this.#concurrency = Math.max(1, Math.floor(concurrency));
    this.#handler = handler;
    this.#context = context;
    this.#attempts = new Attempts(context.ports.clock);
    this.#worker = this.#build(this.#concurrency);
  }

  /** Why it takes no jobs, or undefined. */
  notReady(): string | undefined {
    const { staleAfterMs, readySince } = this.#context;
    const since = readySince();
    // While all places are taken it has no reason to ask for more.
    if (this.#closing || since === undefined || this.#attempts.size >= this.#concurrency) return undefined;
    const silent = this.#context.ports.clock.now() - Math.max(since, this.#worker.seenAt);
    if (silent <= staleAfterMs) return undefined;
    return `the worker for ${this.kind} has seen neither a job nor an empty queue for ${Math.round(silent / 1000)} s`;
  }

  cancelRun(run: string): void {
    for (const [attempt, held] of this.#held) if (held.run === run) attempt.cancel();
  }

  /** Called regularly: stops what is not ours any more and rebuilds a silent worker. */
  async check(): Promise<void> {
    if (this.#closing) return;
    if (this.notReady() !== undefined) this.#rebuild();
    else if (this.#worker.concurrency !== this.#free()) this.#worker.concurrency = this.#free();
    await this.#inspect([...this.#held]);
  }

  async close(graceMs: number): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      // Does not fetch from here on; one that is on its way is given back by `#process`.
      await this.#worker.pause(true);
    }
    const { closeWithinMs, ports, settings } = this.#context;
    await this.#attempts.drain(graceMs, settings.abortGraceMs + closeWithinMs);
    const closed = Promise.all([this.#closeWorker(this.#worker), ...this.#retired]);
    if (await settledWithin(closed, closeWithinMs, ports.clock)) return;
    ports.logger.warn({ kind: this.kind }, 'a worker was left without a word to Redis; its jobs will be found stalled');
    await settledWithin(this.#worker.disconnect(), closeWithinMs, ports.clock);
  }

  #build(concurrency: number): WatchedWorker {
    const { workerOptions, ports } = this.#context;
    const process = (ticket: Job<object, null>, token?: string) => this.#process(ticket, token ?? '');
    const worker = new WatchedWorker(this.kind, process, { ...workerOptions, concurrency }, ports.clock);
    // Connection errors, many times a second: the queue's own connection tells the log once.
    worker.on('error', (error) => ports.logger.debug({ err: error, kind: this.kind }, 'error of a BullMQ worker'));
    worker.on('lockRenewalFailed', (runs) => {
      const suspects = [...this.#held].filter(([, { run }]) => runs.includes(run));
      this.#inspect(suspects).catch(() => undefined);
    });
    return worker;
  }

  #rebuild(): void {
    const { ports } = this.#context;
    ports.logger.warn({ kind: this.kind, reason: this.notReady() }, 'a worker is built anew');
    const old = this.#worker;
    this.#legacy = [...this.#attempts];
    this.#worker = this.#build(this.#free());
    // What runs in the old one goes on there, with its lock renewed until it is done.
    const retired = this.#closeWorker(old).finally(() => this.#retired.delete(retired));
    this.#retired.add(retired);
  }

  /** Places that are not taken by jobs of workers before this one. */
  #free(): number {
    this.#legacy = this.#legacy.filter((attempt) => this.#held.has(attempt));
    return Math.max(1, this.#concurrency - this.#legacy.length);
  }

  /** Waits for its jobs if Redis can be told of them, else only lets go. */
  async #closeWorker(worker: WatchedWorker): Promise<void> {
    const force = this.#context.readySince() === undefined;
    await worker.close(force).catch((error: unknown) => {
      this.#context.ports.logger.debug({ err: error, kind: this.kind }, 'a BullMQ worker did not close in order');
    });
  }

  async #process(ticket: Job<object, null>, token: string): Promise<null> {
    const { ledger, settings, ports, metrics } = this.#context;
    const held: Held = { run: ticket.id ?? '', token };
    if (this.#closing) return move(ticket, token, { to: 'waiting' });
    const claim = await ledger.claim(held, ports.clock.now(), settings.maxStalls);
    if (claim.type === 'drop') {
      if (claim.ended !== undefined) metrics.endedUnrun(this.kind, claim.ended);
      return null;
    }
    if (claim.type === 'later') return move(ticket, token, { to: 'delayed', when: claim.when });
    if (claim.stalled) this.#logStalled(claim.record);
    const report = (json: string): Promise<void> => ledger.progress(held, json);
    const attempt = new Attempt({ record: claim.record, settings, ports, report });
    const settled = this.#run(attempt, held);
    this.#held.set(attempt, held);
    const done = settled.then(
      () => undefined,
      () => undefined,
    );
    this.#attempts.track(
      attempt,
      done.finally(() => this.#held.delete(attempt)),
    );
    return move(ticket, token, await settled);
  }

  async #run(attempt: Attempt, held: Held): Promise<TicketMove> {
    const { ledger, ports, metrics } = this.#context;
    const begun = performance.now();
    const outcome = await attempt.run(this.#handler);
    metrics.attempt(attempt.record, outcome.type, (performance.now() - begun) / 1000);
    return settle(ledger, { held, record: attempt.record, outcome, ports, settings: this.#context.settings });
  }

  async #inspect(held: readonly [Attempt, Held][]): Promise<void> {
    const states = await this.#context.ledger.inspect(held.map(([, { run, token }]) => ({ run, token })));
    states.forEach((state, index) => {
      const attempt = held[index]?.[0];
      if (state === 'cancelled') attempt?.cancel();
      if (state === 'lost') attempt?.lose();
    });
  }

  #logStalled(record: JobRecord): void {
    const { ports, metrics } = this.#context;
    metrics.stalled(this.kind);
    const { jobId, parentId } = record;
    ports.logger.warn(
      { kind: this.kind, jobId, parentId },
      'a job is taken over from a worker that died or went silent',
    );
  }
}

/** Tells BullMQ what became of the ticket: it understands "not done" from the errors of its own. */
async function move(ticket: Job<object, null>, token: string, { to, when }: TicketMove): Promise<null> {
  if (to === 'delayed') {
    await ticket.moveToDelayed(when ?? 0, token);
    throw new DelayedError();
  }
  if (to === 'waiting') {
    await ticket.moveToWait(token);
    throw new WaitingError();
  }
  return null;
}
