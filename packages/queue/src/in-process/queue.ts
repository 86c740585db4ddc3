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
import { Alarm } from '../shared/alarm.ts';
import { Announcer } from '../shared/announcer.ts';
import { jobSpec } from '../shared/job-spec.ts';
import { type QueueMetrics, queueMetrics } from '../shared/queue-metrics.ts';
import { JournalDatabase } from './database.ts';
import { type Cancelled, Journal } from './journal.ts';
import { Parents } from './parents.ts';
import { InProcessWorker } from './worker.ts';

export interface InProcessQueueOptions extends QueueSettings {
  /** The journal, a SQLite file of its own; `:memory:` forgets everything with the process. */
  readonly file: string;
  /** `normal` (default): what was accepted survives any end of the process; `full`: a power cut as well, for an fsync per change. */
  readonly durability?: 'full' | 'normal';
}

/**
 * The queue within one process. Jobs that ran when the process died are taken up again by the constructor.
 * @throws JOURNAL_IN_USE, STORE_…
 */
export function createInProcessQueue(options: InProcessQueueOptions, ports: BasePorts): JobQueue {
  return new InProcessQueue(options, ports);
}

class InProcessQueue implements JobQueue {
  readonly #ports: BasePorts;
  readonly #settings: ResolvedSettings;
  readonly #metrics: QueueMetrics;
  readonly #db: JournalDatabase;
  readonly #journal: Journal;
  readonly #parents: Parents;
  readonly #workers = new Set<InProcessWorker>();
  readonly #alarm: Alarm;
  readonly #maintenance: NodeJS.Timeout;
  #announcer: Announcer<ChildEnd> | undefined;
  #pumping = false;
  #closed = false;

  constructor(options: InProcessQueueOptions, ports: BasePorts) {
    this.#ports = ports;
    this.#settings = resolveSettings(options);
    this.#metrics = queueMetrics(ports.metrics, ports.clock);
    this.#db = new JournalDatabase(options.file, options.durability ?? 'normal');
    this.#journal = new Journal(this.#db);
    this.#parents = new Parents(this.#db, this.#journal, ports.clock.now);
    this.#alarm = new Alarm(ports.clock, () => this.#pump());
    this.#recover();
    this.#maintain();
    this.#maintenance = setInterval(() => this.#maintain(), this.#settings.maintenanceMs).unref();
  }

  async add(job: NewJob): Promise<AddResult> {
    const spec = this.#spec(job);
    const { key, outcome } = this.#journal.addOwn(spec, this.#ports.clock.now());
    this.#changed();
    return { key, outcome };
  }

  async openParent(id: string, data: JsonObject): Promise<void> {
    this.#checkOpen();
    this.#parents.open(id, data);
  }

  async addChild(parentId: string, job: NewJob): Promise<AddResult> {
    const result = this.#parents.addChild(parentId, this.#spec({ ...job, parentId: job.parentId ?? parentId }));
    this.#changed();
    return result;
  }

  async sealParent(parentId: string, note?: JsonObject): Promise<void> {
    this.#checkOpen();
    this.#parents.seal(parentId, note);
    this.#changed();
  }

  async getParent(id: string): Promise<ParentRecord | undefined> {
    this.#checkOpen();
    return this.#parents.get(id);
  }

  async listParents(filter: { complete?: boolean; limit: number }): Promise<ParentSummary[]> {
    this.#checkOpen();
    return this.#parents.list(filter);
  }

  onChildEnd(handler: (end: ChildEnd) => Promise<void>): () => Promise<void> {
    this.#checkOpen();
    if (this.#announcer !== undefined) throw fail('HANDLER_TAKEN');
    const announcer = new Announcer(this.#parents, handler, this.#ports, this.#metrics);
    this.#announcer = announcer;
    announcer.wake();
    return async () => {
      await announcer.stop();
      if (this.#announcer === announcer) this.#announcer = undefined;
    };
  }

  work(kind: string, options: WorkerOptions, handler: JobHandler): JobWorker {
    this.#checkOpen();
    const worker = new InProcessWorker(kind, options.concurrency, handler, {
      journal: this.#journal,
      settings: this.#settings,
      ports: this.#ports,
      metrics: this.#metrics,
      changed: () => this.#changed(),
    });
    this.#workers.add(worker);
    this.#changed();
    return {
      close: async (graceMs) => {
        await worker.close(graceMs);
        this.#workers.delete(worker);
        // What it gave back may be for another worker of the kind.
        this.#changed();
      },
    };
  }

  async get(key: string): Promise<JobRecord | undefined> {
    this.#checkOpen();
    return this.#journal.get(key);
  }

  async getByJobId(jobId: string): Promise<JobRecord | undefined> {
    this.#checkOpen();
    return this.#journal.getByJobId(jobId);
  }

  async list(filter: { kind?: string; states?: readonly JobState[]; limit: number }): Promise<JobRecord[]> {
    this.#checkOpen();
    return this.#journal.list(filter);
  }

  async cancel(key: string): Promise<boolean> {
    this.#checkOpen();
    const cancelled = this.#journal.cancel(key, this.#ports.clock.now());
    if (cancelled === undefined) return false;
    this.#tellOf(cancelled);
    this.#changed();
    return true;
  }

  async cancelParent(parentId: string): Promise<boolean> {
    this.#checkOpen();
    const cancelled = this.#parents.cancel(parentId);
    for (const each of cancelled ?? []) this.#tellOf(each);
    this.#changed();
    return cancelled !== undefined;
  }

  async counts(kind: string): Promise<QueueCounts> {
    this.#checkOpen();
    const { waiting, delayed, active } = this.#journal.counts(kind);
    return { waiting, delayed, active };
  }

  notReady(): string | undefined {
    return this.#closed ? 'the queue is closed' : this.#db.failure;
  }

  /** Hands running jobs back. Close workers with a grace period before. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#maintenance);
    this.#alarm.stop();
    await Promise.all([...this.#workers].map((worker) => worker.close(0)));
    await this.#announcer?.stop();
    this.#db.close();
  }

  #tellOf({ was, key, kind }: Cancelled): void {
    if (was === 'running') for (const worker of this.#workers) worker.cancel(key);
    else this.#metrics.endedUnrun(kind, 'cancelled');
  }

  #spec(job: NewJob) {
    this.#checkOpen();
    return jobSpec(job, this.#settings.maxPayloadBytes, this.#ports.tracer);
  }

  #checkOpen(): void {
    if (this.#closed) throw fail('QUEUE_CLOSED');
  }

  /** Coalesces: whoever changed something goes on first, then workers and announcements look once. */
  #changed(): void {
    if (this.#pumping || this.#closed) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#closed) return;
    try {
      for (const kind of this.#journal.tick(this.#ports.clock.now())) this.#metrics.endedUnrun(kind, 'expired');
      for (const worker of this.#workers) worker.fill();
      this.#alarm.setNoLaterThan(this.#journal.nextTick() ?? Number.POSITIVE_INFINITY);
    } catch (error) {
      // The next change or maintenance tries again.
      this.#ports.logger.error({ err: error }, 'the journal of the queue cannot be used');
    }
    this.#announcer?.wake();
  }

  #recover(): void {
    const recovered = this.#journal.recover(this.#settings.maxStalls, this.#ports.clock.now());
    for (const { kind, failed } of recovered) {
      this.#metrics.stalled(kind);
      if (failed) this.#metrics.endedUnrun(kind, 'failed');
    }
    if (recovered.length > 0)
      this.#ports.logger.warn({ jobs: recovered.length }, 'jobs that ran when the process ended are taken up again');
  }

  #maintain(): void {
    try {
      const now = this.#ports.clock.now();
      const { keepCount, keepAgeMs, abandonParentAfterMs } = this.#settings;
      this.#journal.prune(keepCount, now - keepAgeMs);
      for (const parentId of this.#parents.prune(keepCount, now - keepAgeMs, now - abandonParentAfterMs))
        this.#ports.logger.warn({ parentId }, 'a parent that did not complete was given up');
      for (const kind of this.#journal.kinds()) this.#gauges(kind, now);
    } catch (error) {
      this.#ports.logger.error({ err: error }, 'maintenance of the queue failed');
    }
    this.#changed();
  }

  #gauges(kind: string, now: number): void {
    const { oldest, ...counts } = this.#journal.counts(kind);
    this.#metrics.gauges(kind, { ...counts, oldestWaitMs: oldest === undefined ? 0 : Math.max(0, now - oldest) });
  }
}
