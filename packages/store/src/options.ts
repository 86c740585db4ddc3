import { type Clock, systemClock } from '@kso/kit';

/** Limits of an outbox; the same for every adapter. Times in milliseconds, sizes in bytes. */
export interface OutboxOptions {
  /** Sum of the queued bodies; a `put` beyond it is refused with STORE_FULL. Default 1 GiB. */
  readonly maxBytes?: number;
  /** Bodies of refused entries that are kept for looking at; the oldest lose theirs first, the records stay. Default a tenth of `maxBytes`. */
  readonly maxUndeliverableBytes?: number;
  /** How long a delivered key is remembered, so that the same report is not sent twice. Default 7 days. */
  readonly rememberDeliveredMs?: number;
  /** How long the record of a refused entry is kept. Default 30 days. */
  readonly keepUndeliverableMs?: number;
  readonly clock?: Clock;
}

export type ResolvedOutboxOptions = Required<OutboxOptions>;

const day = 24 * 60 * 60 * 1000;

export function resolveOptions(options: OutboxOptions): ResolvedOutboxOptions {
  const maxBytes = options.maxBytes ?? 1024 ** 3;
  return {
    maxBytes,
    maxUndeliverableBytes: options.maxUndeliverableBytes ?? Math.floor(maxBytes / 10),
    rememberDeliveredMs: options.rememberDeliveredMs ?? 7 * day,
    keepUndeliverableMs: options.keepUndeliverableMs ?? 30 * day,
    clock: options.clock ?? systemClock,
  };
}
