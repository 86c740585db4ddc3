import type { DatabaseSync } from 'node:sqlite';
import { storeError } from '@kso/kit';
import { fail } from '../errors.ts';
import type { Transactor } from '../port.ts';

/** Transactions of the store's own that may be forgotten by a power cut, not by the end of the process: they save an fsync. */
export interface SqliteTransactor extends Transactor {
  /** Within another transaction it is as lasting as that one. */
  unsynced<T>(fn: () => T): T;
}

/**
 * Transactions that nest: the outermost is a real one, an inner one is a savepoint. SQLite's own errors leave as STORE_… ones.
 * A full disk makes SQLite undo the whole transaction by itself; whoever swallows that error inside must not go on half-way,
 * so it is thrown again by everything that follows until the outermost has ended.
 */
export function createTransactor(database: DatabaseSync, path: string): SqliteTransactor {
  let depth = 0;
  let undone: { readonly error: unknown } | undefined;

  const begin = () => database.exec(depth === 0 ? 'BEGIN IMMEDIATE' : `SAVEPOINT level${depth}`);
  const commit = () => database.exec(depth === 0 ? 'COMMIT' : `RELEASE level${depth}`);
  const rollback = (error: unknown) => {
    if (!database.isTransaction) undone = { error };
    else if (depth === 0) database.exec('ROLLBACK');
    else database.exec(`ROLLBACK TO level${depth}; RELEASE level${depth}`);
  };
  const run = <T>(fn: () => T): T => {
    depth += 1;
    try {
      const result = fn();
      if (result instanceof Promise) throw fail('STORE_ASYNC_TRANSACTION');
      if (undone !== undefined) throw undone.error;
      return result;
    } finally {
      depth -= 1;
    }
  };

  const transaction = <T>(fn: () => T): T => {
    if (undone !== undefined) throw undone.error;
    try {
      begin();
      const result = run(fn);
      commit();
      return result;
    } catch (caught) {
      const error = translate(caught, path);
      rollback(error);
      throw error;
    } finally {
      if (depth === 0) undone = undefined;
    }
  };

  return {
    transaction,
    unsynced(fn) {
      if (depth > 0) return transaction(fn);
      // With a WAL this leaves out the fsync of a commit and nothing else; the next synced commit brings this one to the disk as well.
      database.exec('PRAGMA synchronous = NORMAL');
      try {
        return transaction(fn);
      } finally {
        database.exec('PRAGMA synchronous = FULL');
      }
    },
  };
}

/** The same methods, with SQLite's errors as STORE_… ones: for reads, which run outside of a transaction. */
export function withStoreErrors<T extends object>(methods: T, path: string): T {
  const wrapped = Object.entries(methods).map(([name, method]: [string, (...args: unknown[]) => unknown]) => [
    name,
    (...args: unknown[]) => {
      try {
        return method(...args);
      } catch (error) {
        throw translate(error, path);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}

function translate(error: unknown, path: string): unknown {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR'
    ? storeError(error, path)
    : error;
}
