import { fail } from '../errors.ts';
import type { ResolvedOutboxOptions } from '../options.ts';
import type { Outbox, OutboxEntry, QueuedEntry, Transactor, UndeliverableEntry } from '../port.ts';

export interface OutboxState {
  nextId: number;
  /** In order of their ids. */
  readonly queued: Map<number, QueuedEntry>;
  readonly undeliverable: Map<number, UndeliverableEntry>;
  /** Key and when it was delivered. */
  readonly delivered: Map<string, number>;
}

export function createMemoryOutbox(
  state: OutboxState,
  { transaction }: Transactor,
  options: ResolvedOutboxOptions,
): Outbox {
  const { clock, maxBytes } = options;

  const isKnown = (key: string) =>
    state.delivered.has(key) ||
    [...state.queued.values(), ...state.undeliverable.values()].some((each) => each.idempotencyKey === key);
  const heads = () => {
    const byGroup = new Map<string, QueuedEntry>();
    for (const entry of state.queued.values()) if (!byGroup.has(entry.group)) byGroup.set(entry.group, entry);
    return [...byGroup.values()].sort((a, b) => a.nextAttemptAt - b.nextAttemptAt || a.id - b.id);
  };
  const insert = (entry: OutboxEntry) => {
    const now = clock.now();
    const id = state.nextId++;
    state.queued.set(id, { ...entry, id, attempts: 0, queuedAt: now, nextAttemptAt: now });
  };
  const trimUndeliverable = (now: number) => {
    for (const [id, { at }] of state.undeliverable)
      if (at < now - options.keepUndeliverableMs) state.undeliverable.delete(id);
    let bytes = sizeOf(state.undeliverable.values());
    for (const entry of [...state.undeliverable.values()].sort((a, b) => a.id - b.id)) {
      if (bytes <= options.maxUndeliverableBytes) return;
      const { body = '', ...rest } = entry;
      bytes -= Buffer.byteLength(body);
      state.undeliverable.set(entry.id, rest);
    }
  };

  return {
    put(entries) {
      transaction(() => {
        let used = sizeOf(state.queued.values());
        for (const entry of entries) {
          if (isKnown(entry.idempotencyKey)) continue;
          const bytes = Buffer.byteLength(entry.body);
          used += bytes;
          if (used > maxBytes) throw fail('STORE_FULL', { bytes, limit: maxBytes });
          insert(entry);
        }
      });
    },
    due(now, limit, except = []) {
      const left = new Set(except);
      return heads()
        .filter((entry) => entry.nextAttemptAt <= now && !left.has(entry.id))
        .slice(0, limit);
    },
    nextDueAt: () => heads()[0]?.nextAttemptAt,
    delivered(id) {
      const entry = state.queued.get(id);
      if (entry === undefined) return;
      const now = clock.now();
      state.queued.delete(id);
      state.delivered.set(entry.idempotencyKey, now);
      for (const [key, at] of state.delivered) if (at < now - options.rememberDeliveredMs) state.delivered.delete(key);
    },
    retryAt(id, when) {
      const entry = state.queued.get(id);
      if (entry !== undefined) state.queued.set(id, { ...entry, attempts: entry.attempts + 1, nextAttemptAt: when });
    },
    undeliverable(id, reason) {
      const entry = state.queued.get(id);
      if (entry === undefined) return;
      const at = clock.now();
      const { attempts: _attempts, queuedAt: _queuedAt, nextAttemptAt: _next, ...rest } = entry;
      state.queued.delete(id);
      state.undeliverable.set(id, { ...rest, reason, at });
      trimUndeliverable(at);
    },
    listUndeliverable: ({ before = Number.MAX_SAFE_INTEGER, limit }) =>
      [...state.undeliverable.values()]
        .filter((entry) => entry.id < before)
        .sort((a, b) => b.id - a.id)
        .slice(0, limit),
    requeue(id) {
      const { reason: _reason, at: _at, body, ...entry } = state.undeliverable.get(id) ?? { id: 0 };
      if (body === undefined || !('idempotencyKey' in entry)) return false;
      state.undeliverable.delete(id);
      insert({ ...entry, body });
      return true;
    },
    stats() {
      const [oldest] = state.queued.values();
      return {
        queued: state.queued.size,
        bytes: sizeOf(state.queued.values()),
        undeliverable: state.undeliverable.size,
        ...(oldest === undefined ? {} : { oldestQueuedAt: oldest.queuedAt }),
      };
    },
  };
}

function sizeOf(entries: Iterable<{ readonly body?: string }>): number {
  let bytes = 0;
  for (const { body } of entries) bytes += Buffer.byteLength(body ?? '');
  return bytes;
}
