import type { JsonValue } from '@kso/wire';

/**
 * Results of one service, kept by kind and key with the newest state of each. The idempotency key tells whether a question has
 * been answered already (DESIGN: digest + platform + engine versions + database build; object hash + inputs + library version).
 */
export interface ResultStore {
  /** False, and nothing written, if the stored result of `kind`/`key` carries the same `idempotencyKey`. */
  put(result: StoredResult): boolean;
  get(kind: string, key: string): StoredResult | undefined;
  delete(kind: string, key: string): boolean;
  /** In key order; `after` is the last key of the page before. */
  list(kind: string, options: { prefix?: string; after?: string; limit: number }): StoredResult[];
  /** `list` without the bodies, for whoever only asks which questions were answered. */
  keys(kind: string, options: { after?: string; limit: number }): Pick<StoredResult, 'key' | 'idempotencyKey'>[];
  count(kind: string): number;
  /** Removes what was stored before a time (epoch ms) and not written since; how many there were. */
  prune(kind: string, before: number): number;
}

export interface StoredResult {
  readonly kind: string;
  readonly key: string;
  readonly idempotencyKey: string;
  readonly body: JsonValue;
  /** Epoch milliseconds. */
  readonly storedAt: number;
}

/** One report on its way to a CloudEndpoint. */
export interface OutboxEntry {
  /** Sent as `Idempotency-Key`; adding the same key again while it is queued or was delivered changes nothing. */
  readonly idempotencyKey: string;
  /** Route on the endpoint, e.g. `/k8s/v2/postureReport`; the poster adds the host and the account. */
  readonly path: string;
  readonly body: string;
  /** Entries of one group go out in order, groups in parallel. */
  readonly group: string;
  readonly jobId?: string;
  readonly parentId?: string;
  readonly traceparent?: string;
}

export interface QueuedEntry extends OutboxEntry {
  readonly id: number;
  readonly attempts: number;
  readonly queuedAt: number;
  readonly nextAttemptAt: number;
}

/** An entry that the endpoint refused for good. `body` is missing once the space for such bodies was needed by newer ones. */
export interface UndeliverableEntry extends Omit<OutboxEntry, 'body'> {
  readonly id: number;
  readonly body?: string;
  /** One line, as the poster gave it. */
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What an outbox holds at present; cheap enough for every scrape and every put. */
export interface OutboxStats {
  readonly queued: number;
  /** UTF-8 bytes of the queued bodies; the limit counts these. */
  readonly bytes: number;
  readonly undeliverable: number;
  readonly oldestQueuedAt?: number;
}

/** The outbox on disk: what was put survives a crash until it was delivered or found undeliverable. */
export interface Outbox {
  /** All or none. @throws STORE_FULL when the configured size or the disk is exhausted: nothing was written. */
  put(entries: readonly OutboxEntry[]): void;
  /** The first entry of each group that is due, at most `limit`, the longest due first; `except` are ids on their way already. */
  due(now: number, limit: number, except?: Iterable<number>): QueuedEntry[];
  /** When the next first entry of a group is or was due; undefined when nothing is queued. */
  nextDueAt(): number | undefined;
  /** Removes the entry and remembers its key for a while. Unknown ids are ignored, here and below: the entry has ended before. */
  delivered(id: number): void;
  retryAt(id: number, when: number, reason: string): void;
  /** Kept apart with the reason, shown in metrics and the log, never dropped silently. Its group goes on. */
  undeliverable(id: number, reason: string): void;
  /** The newest first, at most `limit`; `before` is the last id of the page before. */
  listUndeliverable(options: { before?: number; limit: number }): UndeliverableEntry[];
  /** Puts a refused entry, body and key unchanged, at the end of its group again. False when unknown or its body is gone. */
  requeue(id: number): boolean;
  stats(): OutboxStats;
}

/**
 * Runs `fn` in one transaction over everything in the same database file: a result and its report are written together or not at all.
 * Nests: an inner transaction that throws undoes its own part. `fn` is synchronous; one that returns a promise is rolled back and refused.
 */
export interface Transactor {
  transaction<T>(fn: () => T): T;
}

export interface Store extends Transactor {
  readonly results: ResultStore;
  readonly outbox: Outbox;
  close(): void;
}
