import { openDatabase } from '@kso/kit';
import { type OutboxOptions, resolveOptions } from '../options.ts';
import type { Store } from '../port.ts';
import { createSqliteOutbox } from './outbox.ts';
import { createSqliteResults } from './results.ts';
import { migrations } from './schema.ts';
import { createTransactor, withStoreErrors } from './transactions.ts';

export interface SqliteStoreOptions extends OutboxOptions {
  /** One file per service; `:memory:` for a store without a disk. */
  readonly path: string;
  /** Bound of the file itself, results included; beyond it writes are refused with STORE_FULL. Default: the disk is the limit. */
  readonly maxFileBytes?: number;
  /** How long a write waits for another connection's. Default 5000. */
  readonly busyTimeoutMs?: number;
}

/**
 * The store on `node:sqlite`: WAL with an fsync per commit (docs/adr/0008-delivery.md), so what `put` accepted survives a power cut.
 * Several connections, also of other threads, may have the same file open.
 * @throws STORE_UNAVAILABLE, STORE_LOCKED, STORE_CORRUPT, STORE_FULL and the other STORE_… errors of `@kso/kit`
 */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  const { path } = options;
  const database = openDatabase(path, {
    migrations,
    durability: 'full',
    ...(options.busyTimeoutMs === undefined ? {} : { busyTimeoutMs: options.busyTimeoutMs }),
  });
  if (options.maxFileBytes !== undefined) {
    const pageSize = Number(database.prepare('PRAGMA page_size').get()?.['page_size']);
    database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(options.maxFileBytes / pageSize))}`);
  }
  const transactor = createTransactor(database, path);
  return {
    results: withStoreErrors(createSqliteResults(database, transactor), path),
    outbox: withStoreErrors(createSqliteOutbox(database, transactor, resolveOptions(options)), path),
    transaction: transactor.transaction,
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}
