import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '@kso/kit';
import { createTransactor, type Transactor } from '@kso/store';
import { migrations } from './schema.ts';

/** One connection to what the endpoint keeps. */
export interface Database extends Transactor {
  readonly sql: DatabaseSync;
  close(): void;
}

/** The file in a data folder, or `:memory:` without one. */
export function databaseFile(dataDir: string | undefined): string {
  return dataDir === undefined ? ':memory:' : path.join(dataDir, 'cloud-endpoint.db');
}

/**
 * A report counts as received when it is answered, so a commit is on the disk by then.
 * @throws the STORE_… errors of `@kso/kit`
 */
export function openEndpointDatabase(file: string): Database {
  const sql = openDatabase(file, { migrations, durability: 'full' });
  return {
    sql,
    transaction: createTransactor(sql, file).transaction,
    close: () => {
      if (sql.isOpen) sql.close();
    },
  };
}
