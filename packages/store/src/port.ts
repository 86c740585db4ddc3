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
  count(kind: string): number;
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

/** The outbox on disk: what was put survives a crash until it was delivered or found undeliverable. */
export interface Outbox {
  /** All or none. @throws STORE_FULL when the configured size or the disk is exhausted: nothing was written. */
  put(entries: readonly OutboxEntry[]): void;
  /** The first entry of each group that is due, at most `limit`. */
  due(now: number, limit: number): QueuedEntry[];
  delivered(id: number): void;
  retryAt(id: number, when: number, reason: string): void;
  /** Kept apart with the reason, shown in metrics and the log, never dropped silently. */
  undeliverable(id: number, reason: string): void;
  stats(): { queued: number; bytes: number; undeliverable: number; oldestQueuedAt?: number };
}

/** Runs `fn` in one transaction over everything in the same database file: a result and its report are written together or not at all. */
export interface Transactor {
  transaction<T>(fn: () => T): T;
}

export interface Store extends Transactor {
  readonly results: ResultStore;
  readonly outbox: Outbox;
  close(): void;
}
