import { fail } from '../errors.ts';
import { type OutboxOptions, resolveOptions } from '../options.ts';
import type { Store } from '../port.ts';
import { createMemoryOutbox, type OutboxState } from './outbox.ts';
import { createMemoryResults, type ResultState } from './results.ts';

/** A store without a disk, for tests and for trying things out. A transaction copies the tables: not made for many entries. */
export function createMemoryStore(options: OutboxOptions = {}): Store {
  const results: ResultState = new Map();
  const outbox: OutboxState = { nextId: 1, queued: new Map(), undeliverable: new Map(), delivered: new Map() };

  const transaction = <T>(fn: () => T): T => {
    const before = { results: new Map(results), ...copyOf(outbox) };
    const undo = () => {
      restore(results, before.results);
      restore(outbox.queued, before.queued);
      restore(outbox.undeliverable, before.undeliverable);
      restore(outbox.delivered, before.delivered);
    };
    try {
      const value = fn();
      if (value instanceof Promise) throw fail('STORE_ASYNC_TRANSACTION');
      return value;
    } catch (error) {
      undo();
      throw error;
    }
  };

  return {
    results: createMemoryResults(results),
    outbox: createMemoryOutbox(outbox, { transaction }, resolveOptions(options)),
    transaction,
    close: () => undefined,
  };
}

function copyOf(state: OutboxState) {
  return {
    queued: new Map(state.queued),
    undeliverable: new Map(state.undeliverable),
    delivered: new Map(state.delivered),
  };
}

function restore<K, V>(target: Map<K, V>, source: Map<K, V>): void {
  target.clear();
  for (const [key, value] of source) target.set(key, value);
}
