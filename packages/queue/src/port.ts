import type { JsonObject, JsonValue } from '@kso/wire';

/** Smaller runs first: what a person asked for, then images that just appeared, then recurring scans. */
export type Priority = 'onDemand' | 'newImage' | 'recurring';

/** One unit of work. `kind` names the handler, e.g. `posture-scan` or `image-scan`. */
export interface NewJob {
  readonly kind: string;
  /**
   * Idempotency key: adding a job whose key waits or runs does not run it again, the caller becomes one more that waits for it
   * (and the job moves up if the caller's priority is higher). What happens when it has ended says `reuse`.
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
  /** Attempts in all; default 3. A worker process that dies does not use one up; see `maxStalls` of the adapters. */
  readonly attempts?: number;
  /** First wait before a retry in ms, doubled each time, with jitter; default 1000. */
  readonly backoffMs?: number;
  /** Epoch milliseconds after which a job that still waits ends as `expired` instead of running. */
  readonly expiresAt?: number;
  /** W3C traceparent of the span that asked for the job; by default the one in which it is added. */
  readonly traceparent?: string;
}

export type JobState = 'waiting' | 'delayed' | 'active' | 'succeeded' | 'failed' | 'cancelled' | 'expired';

export type EndedState = Extract<JobState, 'succeeded' | 'failed' | 'cancelled' | 'expired'>;

export interface JobRecord extends NewJob {
  readonly state: JobState;
  /** Attempts that have ended, well or badly. */
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
  /**
   * `added`: will run. `joined`: one of the same key waits or runs. `known`: it has succeeded and `reuse` is `succeeded`, or it is
   * a child of this parent already and has ended for it.
   */
  readonly outcome: 'added' | 'joined' | 'known';
}

/** What waits for jobs: a command, a scheduled scan. It outlives restarts and is told of each child's end once. */
export interface ParentSummary {
  readonly id: string;
  /** Whatever the owner needs to go on after a restart. */
  readonly data: JsonObject;
  /** Number of children. */
  readonly total: number;
  /** How many of them ended how, whether that has been announced yet or not. */
  readonly outcomes: Readonly<Record<EndedState, number>>;
  /** True once no more children will be added. A sealed parent with all children ended is complete. */
  readonly sealed: boolean;
  /** What its owner left when it sealed the parent. */
  readonly note?: JsonObject;
  /** Epoch milliseconds. */
  readonly openedAt: number;
  readonly completedAt?: number;
  /** When `cancelParent` was called for it. */
  readonly cancelledAt?: number;
}

/** With its children, of which there may be many thousands. */
export interface ParentRecord extends ParentSummary {
  /** Keys, in no order. */
  readonly children: readonly string[];
  /** Keys of children whose end has been announced to the handler and acknowledged by it. */
  readonly ended: readonly string[];
}

export interface ChildEnd {
  readonly parentId: string;
  /** `data` of the parent. */
  readonly data: JsonObject;
  readonly child: JobRecord;
  /** Children of this parent whose end is still to be announced. */
  readonly remaining: number;
  /** The parent is sealed and this was its last child: said by exactly one end. */
  readonly complete: boolean;
}

export interface RunningJob extends JobRecord {
  /** Stored with the record, seen by `get`. */
  report(progress: JsonValue): Promise<void>;
  /**
   * Aborts on cancel, on shutdown after the grace period, and when the job was lost to another worker; `signal.reason` is a
   * KsoError `JOB_CANCELLED`, `JOB_RELEASED` or `JOB_LOST`.
   */
  readonly signal: AbortSignal;
}

/**
 * Returns the result, which is kept with the record: keep it small. Throw a KsoError; `retryable: false` ends at once, and a number
 * `retryAfterMs` in its context is respected (clamped between the usual backoff and the ceiling). Runs in a span below `traceparent`.
 */
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
  /**
   * Adding a key again to the same parent changes nothing, so an owner that was interrupted may simply start over.
   * @throws PARENT_UNKNOWN, PARENT_SEALED (for a key that is not among its children)
   */
  addChild(parentId: string, job: NewJob): Promise<AddResult>;
  /** Idempotent; the first `note` stays. @throws PARENT_UNKNOWN */
  sealParent(parentId: string, note?: JsonObject): Promise<void>;
  getParent(id: string): Promise<ParentRecord | undefined>;
  /** Newest first. `complete` false: those that an owner has to go on with after a restart. */
  listParents(filter: { complete?: boolean; limit: number }): Promise<ParentSummary[]>;
  /**
   * `handler` is told of each child's end, at least once and until it returns without an error, also for children that had
   * ended before they were added and for ends that happened while no process ran. Ends of one parent come one after the other.
   * The end of the only outstanding child is held back until the parent is sealed or gets another child, so that `complete` is
   * said once and by the last end. A parent sealed without children is complete at once: its owner knows and is not called.
   * One handler per queue object. Returns the way to stop, which waits for a handler that runs.
   */
  onChildEnd(handler: (end: ChildEnd) => Promise<void>): () => Promise<void>;
  work(kind: string, options: WorkerOptions, handler: JobHandler): JobWorker;
  /** The newest run of the key. */
  get(key: string): Promise<JobRecord | undefined>;
  /** By the job's own id, or the id of an `add` that joined it; the newest if several carry it. */
  getByJobId(jobId: string): Promise<JobRecord | undefined>;
  /** Newest first. */
  list(filter: { kind?: string; states?: readonly JobState[]; limit: number }): Promise<JobRecord[]>;
  /**
   * A waiting job ends as `cancelled`; a running one is aborted and ends so unless it succeeds all the same.
   * False if it had ended or is unknown.
   */
  cancel(key: string): Promise<boolean>;
  /**
   * Nobody wants the parent's work any more: it takes no more children (it is sealed), and each child that has not ended ends as
   * `cancelled` for it. Children that nobody else waits for, neither another parent nor an `add`, are cancelled as with `cancel`;
   * the others go on. Ends are told as always. False if it was complete or is unknown.
   */
  cancelParent(parentId: string): Promise<boolean>;
  counts(kind: string): Promise<QueueCounts>;
  /** Why the queue cannot take or hand out work at present (Redis away), or undefined. */
  notReady(): string | undefined;
  close(): Promise<void>;
}
