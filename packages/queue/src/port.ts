import type { JsonObject, JsonValue } from '@kso/wire';

/** Smaller runs first: what a person asked for, then images that just appeared, then recurring scans. */
export type Priority = 'onDemand' | 'newImage' | 'recurring';

/** One unit of work. `kind` names the handler, e.g. `posture-scan` or `image-scan`. */
export interface NewJob {
  readonly kind: string;
  /**
   * Idempotency key: adding a job whose key waits or runs does not run it again, the caller becomes one more that waits for it.
   * What happens when it has ended says `reuse`.
   */
  readonly key: string;
  /**
   * `pending` (default): a key that has ended runs anew. `succeeded`: a key that has succeeded within the retention is answered
   * by that result; one that failed, expired or was cancelled runs anew.
   */
  readonly reuse?: 'pending' | 'succeeded';
  readonly payload: JsonObject;
  readonly priority: Priority;
  /** Ids for logs and reports (operator-gateway.md 1.7). */
  readonly jobId: string;
  readonly parentId?: string;
  /** Attempts in all; default 3. */
  readonly attempts?: number;
  /** First wait before a retry, doubled each time, with jitter; default 1000. */
  readonly backoffMs?: number;
  /** Epoch milliseconds after which a job that still waits ends as `expired` instead of running. */
  readonly expiresAt?: number;
  /** W3C traceparent of the span that asked for the job. */
  readonly traceparent?: string;
}

export type JobState = 'waiting' | 'delayed' | 'active' | 'succeeded' | 'failed' | 'cancelled' | 'expired';

export interface JobRecord extends NewJob {
  readonly state: JobState;
  readonly attemptsMade: number;
  readonly progress?: JsonValue;
  readonly result?: JsonValue;
  /** Why it failed: a stable code and one line for people. */
  readonly failure?: JobFailure;
  /** Epoch milliseconds. */
  readonly addedAt: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
}

export interface JobFailure {
  readonly code: string;
  readonly message: string;
}

export interface AddResult {
  readonly key: string;
  /** `added`: will run. `joined`: one of the same key waits or runs. `known`: it has succeeded and `reuse` is `succeeded`. */
  readonly outcome: 'added' | 'joined' | 'known';
}

/** What waits for jobs: a command, a scheduled scan. It outlives restarts and is told of each child's end once. */
export interface ParentRecord {
  readonly id: string;
  /** Whatever the owner needs to go on after a restart. */
  readonly data: JsonObject;
  readonly children: readonly string[];
  /** Keys of children whose end has been announced to the handler and acknowledged by it. */
  readonly ended: readonly string[];
  /** True once no more children will be added. A sealed parent with all children ended is complete. */
  readonly sealed: boolean;
}

export interface ChildEnd {
  readonly parentId: string;
  readonly child: JobRecord;
  /** Children of this parent that have not ended. */
  readonly remaining: number;
  /** The parent is sealed and this was its last child. */
  readonly complete: boolean;
}

export interface RunningJob extends JobRecord {
  /** Stored with the record, seen by `get`. */
  report(progress: JsonValue): Promise<void>;
  /** Aborts on cancel, on shutdown after the grace period, and when the job was lost to another worker. */
  readonly signal: AbortSignal;
}

/** Returns the result, which is kept with the record: keep it small. Throw a KsoError; `retryable: false` ends at once. */
export type JobHandler = (job: RunningJob) => Promise<JsonValue>;

export interface WorkerOptions {
  readonly concurrency: number;
}

export interface JobWorker {
  /** Takes no new job, waits up to `graceMs` for running ones, then aborts them; they go back to the queue without a lost attempt. */
  close(graceMs: number): Promise<void>;
}

export interface QueueCounts {
  readonly waiting: number;
  readonly delayed: number;
  readonly active: number;
}

/**
 * The job queue. Two adapters: BullMQ on Redis, and in process with a journal in SQLite. Both pass `conformance.ts`.
 * Nothing that was accepted is lost by a restart, and a handler's success is recorded once.
 */
export interface JobQueue {
  add(job: NewJob): Promise<AddResult>;
  /** Creates the parent (idempotent by id). Children are added with `addChild` and the parent is then sealed. */
  openParent(id: string, data: JsonObject): Promise<void>;
  addChild(parentId: string, job: NewJob): Promise<AddResult>;
  sealParent(parentId: string): Promise<void>;
  getParent(id: string): Promise<ParentRecord | undefined>;
  /**
   * `handler` is told of each child's end, at least once and until it returns without an error, also for children that had
   * ended before they were added and for ends that happened while no process ran.
   * Returns the way to stop. A parent sealed without children is complete at once: its owner knows and is not called.
   */
  onChildEnd(handler: (end: ChildEnd) => Promise<void>): () => Promise<void>;
  work(kind: string, options: WorkerOptions, handler: JobHandler): JobWorker;
  get(key: string): Promise<JobRecord | undefined>;
  /** By the job's own id; the newest if several carry it. */
  getByJobId(jobId: string): Promise<JobRecord | undefined>;
  list(filter: { kind?: string; states?: readonly JobState[]; limit: number }): Promise<JobRecord[]>;
  /** A waiting job ends as `cancelled`; a running one is aborted. False if it had ended or is unknown. */
  cancel(key: string): Promise<boolean>;
  counts(kind: string): Promise<QueueCounts>;
  /** Why the queue cannot take or hand out work at present (Redis away), or undefined. */
  notReady(): string | undefined;
  close(): Promise<void>;
}
