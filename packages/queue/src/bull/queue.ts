import type { BasePorts } from '@kso/kit';
import type { JsonObject } from '@kso/wire';
import { fail } from '../errors.ts';
import type {
  AddResult,
  ChildEnd,
  JobHandler,
  JobQueue,
  JobRecord,
  JobState,
  JobWorker,
  NewJob,
  ParentRecord,
  ParentSummary,
  QueueCounts,
  WorkerOptions,
} from '../port.ts';
import { type QueueSettings, type ResolvedSettings, resolveSettings } from '../settings.ts';
import { Announcer } from '../shared/announcer.ts';
import { type JobSpec, jobSpec } from '../shared/job-spec.ts';
import { type QueueMetrics, queueMetrics } from '../shared/queue-metrics.ts';
import { settledWithin } from '../shared/within.ts';
import { Connection } from './connection.ts';
import { type RedisTarget, redisOptions } from './connection-options.ts';
import { Intake } from './intake.ts';
import { Ledger } from './ledger.ts';
import { Parents, type TakenEnd } from './parents.ts';
import { Tickets } from './tickets.ts';
import { Upkeep } from './upkeep.ts';
import { BullWorker } from './worker.ts';

export interface BullQueueOptions extends QueueSettings {
  readonly redis: RedisTarget;
  /** Before all keys; default `kso`. Put in a hash tag, so that a Redis cluster keeps them together. */
  readonly prefix?: string;
  /** How long a call may wait for Redis before it fails with QUEUE_UNAVAILABLE, in ms; default 10 s. */
  readonly commandTimeoutMs?: number;
  /** The same while the connection is known to be closed, in ms; default 2 s, never more than `commandTimeoutMs`. */
  readonly awayTimeoutMs?: number;
  /** How long closing may wait for Redis, in ms; default 5 s. */
  readonly closeWithinMs?: number;
  /** A job whose worker has not renewed its lock for so long is taken from it, in ms; default 30 s. */
  readonly lockMs?: number;
  /** How long an idle worker waits for a job before it asks again, in ms; default 5 s. */
  readonly pollMs?: number;
  /** A worker that has seen neither a job nor an empty poll for so long is rebuilt, in ms; default 30 s. */
  readonly staleAfterMs?: number;
  /** For how long an end is lent to the process that handles it, renewed while it does, in ms; default 30 s. */
  readonly endLeaseMs?: number;
}

/** The queue on Redis. Constructing it does not wait for Redis; `notReady` tells. */
export class BullQueue implements JobQueue {
  readonly #ports: BasePorts;
  readonly #settings: ResolvedSettings;
  readonly #options: BullQueueOptions;
  readonly #metrics: QueueMetrics;
  readonly #connection: Connection;
  readonly #ledger: Ledger;
  readonly #parents: Parents;
  readonly #tickets: Tickets;
  readonly #upkeep: Upkeep;
  readonly #intake: Intake;
  readonly #workers = new Set<BullWorker>();
  readonly #bullPrefix: string;
  #announcer: Announcer<TakenEnd> | undefined;
  #closed = false;

  constructor(options: BullQueueOptions, ports: BasePorts) {
    this.#options = options;
    this.#ports = ports;
    this.#settings = resolveSettings(options);
    this.#metrics = queueMetrics(ports.metrics, ports.clock);
    const tag = `{${options.prefix ?? 'kso'}}`;
    this.#bullPrefix = `${tag}:bull`;
    const keys = { prefix: `${tag}:jobs:`, tickets: `${this.#bullPrefix}:` };
    this.#connection = new Connection(
      options.redis,
      {
        commandTimeoutMs: options.commandTimeoutMs ?? 10_000,
        awayTimeoutMs: options.awayTimeoutMs ?? 2000,
        epochKey: `${keys.prefix}epoch`,
        newsChannel: `${keys.prefix}news`,
      },
      {
        ready: () => void this.#connected(false),
        dataLost: () => void this.#connected(true),
        news: (message) => this.#news(message),
      },
      ports,
    );
    const redis = this.#connection.commands;
    this.#ledger = new Ledger(redis, keys);
    this.#parents = new Parents(redis, this.#ledger.scripts, keys, {
      leaseMs: options.endLeaseMs ?? 30_000,
      now: ports.clock.now,
    });
    this.#tickets = new Tickets(redis, this.#bullPrefix, ports.logger);
    this.#intake = new Intake({ ledger: this.#ledger, parents: this.#parents, tickets: this.#tickets, ports });
    this.#upkeep = new Upkeep({
      connection: this.#connection,
      ledger: this.#ledger,
      tickets: this.#tickets,
      settings: this.#settings,
      metrics: this.#metrics,
      ports,
      everyRound: async () => {
        this.#announcer?.wake();
        await Promise.all([...this.#workers].map((worker) => worker.check()));
      },
    });
  }

  async add(job: NewJob): Promise<AddResult> {
    const spec = this.#spec(job);
    const added = await this.#run(() => this.#intake.add(spec));
    return { key: job.key, outcome: added.outcome };
  }

  async openParent(id: string, data: JsonObject): Promise<void> {
    await this.#run(() => this.#intake.openParent(id, data));
  }

  async addChild(parentId: string, job: NewJob): Promise<AddResult> {
    const spec = this.#spec({ ...job, parentId: job.parentId ?? parentId });
    const added = await this.#run(() => this.#intake.addChild(parentId, spec));
    return { key: job.key, outcome: added.outcome };
  }

  async sealParent(parentId: string, note?: JsonObject): Promise<void> {
    await this.#run(() => this.#intake.sealParent(parentId, note));
  }

  getParent(id: string): Promise<ParentRecord | undefined> {
    return this.#run(() => this.#parents.get(id));
  }

  listParents(filter: { complete?: boolean; limit: number }): Promise<ParentSummary[]> {
    return this.#run(() => this.#parents.list(filter));
  }

  onChildEnd(handler: (end: ChildEnd) => Promise<void>): () => Promise<void> {
    this.#checkOpen();
    if (this.#announcer !== undefined) throw fail('HANDLER_TAKEN');
    const announcer = new Announcer(this.#parents, (end) => this.#handleEnd(end, handler), this.#ports, this.#metrics);
    this.#announcer = announcer;
    announcer.wake();
    return async () => {
      const stopped = announcer.stop();
      // What it asked of a Redis that is away is answered when that is back, which may be never.
      if (this.#connection.notReady() === undefined) await stopped;
      else await settledWithin(stopped, this.#closeWithinMs, this.#ports.clock);
      if (this.#announcer === announcer) this.#announcer = undefined;
    };
  }

  work(kind: string, options: WorkerOptions, handler: JobHandler): JobWorker {
    this.#checkOpen();
    const lockDuration = this.#options.lockMs ?? 30_000;
    const worker = new BullWorker(kind, options.concurrency, handler, {
      ledger: this.#ledger,
      settings: this.#settings,
      ports: this.#ports,
      metrics: this.#metrics,
      staleAfterMs: this.#options.staleAfterMs ?? 30_000,
      closeWithinMs: this.#closeWithinMs,
      readySince: () => this.#connection.readySince,
      workerOptions: {
        connection: redisOptions(this.#options.redis, `kso-worker-${kind}`),
        prefix: this.#bullPrefix,
        lockDuration,
        stalledInterval: lockDuration,
        // How often a job may be taken over is the ledger's to decide.
        maxStalledCount: 1_000_000_000,
        drainDelay: (this.#options.pollMs ?? 5000) / 1000,
        runRetryDelay: 1000,
      },
    });
    this.#workers.add(worker);
    return {
      close: async (graceMs) => {
        await worker.close(graceMs);
        this.#workers.delete(worker);
      },
    };
  }

  get(key: string): Promise<JobRecord | undefined> {
    return this.#run(() => this.#ledger.get(key));
  }

  getByJobId(jobId: string): Promise<JobRecord | undefined> {
    return this.#run(() => this.#ledger.getByJobId(jobId));
  }

  list(filter: { kind?: string; states?: readonly JobState[]; limit: number }): Promise<JobRecord[]> {
    return this.#run(() => this.#ledger.list(filter));
  }

  async cancel(key: string): Promise<boolean> {
    const { was, run, kind } = await this.#run(() => this.#ledger.cancel(key, this.#ports.clock.now()));
    if (was === 'waiting') {
      this.#metrics.endedUnrun(kind, 'cancelled');
      // The ledger knows; a ticket that stays is dropped when its turn comes.
      this.#tickets.remove(kind, run).catch(() => undefined);
    }
    return was !== 'ended';
  }

  async cancelParent(parentId: string): Promise<boolean> {
    const kinds = await this.#run(() => this.#intake.cancelParent(parentId));
    // The ledger knows; tickets that stay are dropped when their turn comes.
    for (const kind of kinds ?? []) this.#metrics.endedUnrun(kind, 'cancelled');
    return kinds !== undefined;
  }

  counts(kind: string): Promise<QueueCounts> {
    return this.#run(() => this.#ledger.counts(kind));
  }

  notReady(): string | undefined {
    if (this.#closed) return 'the queue is closed';
    const reasons = [this.#connection.notReady(), ...[...this.#workers].map((worker) => worker.notReady())];
    return reasons.find((reason) => reason !== undefined);
  }

  /** Hands running jobs back. Close workers with a grace period before. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#upkeep.stop();
    await Promise.all([...this.#workers].map((worker) => worker.close(0)));
    const told = Promise.all([this.#announcer?.stop(), this.#tickets.close()]);
    await settledWithin(told, this.#closeWithinMs, this.#ports.clock);
    this.#connection.close();
  }

  get #closeWithinMs(): number {
    return this.#options.closeWithinMs ?? 5000;
  }

  #spec(job: NewJob): JobSpec {
    this.#checkOpen();
    return jobSpec(job, this.#settings.maxPayloadBytes, this.#ports.tracer);
  }

  #checkOpen(): void {
    if (this.#closed) throw fail('QUEUE_CLOSED');
  }

  async #run<T>(command: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    await this.#intake.settled;
    return this.#connection.run(command);
  }

  async #handleEnd(end: ChildEnd, handler: (end: ChildEnd) => Promise<void>): Promise<void> {
    await handler(end);
    this.#intake.acknowledged(end);
  }

  #news(message: string): void {
    const [word, run = ''] = message.split(' ');
    if (word === 'end') this.#announcer?.wake();
    if (word === 'done') this.#intake.ended(run);
    if (word === 'cancel') for (const worker of this.#workers) worker.cancelRun(run);
  }

  async #connected(dataLost: boolean): Promise<void> {
    await (dataLost ? this.#intake.restore() : this.#intake.reconnected());
    this.#announcer?.wake();
  }
}
