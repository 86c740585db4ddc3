import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fail } from './error-table.ts';
import { KsoError } from './errors.ts';

export interface DatabaseOptions {
  /** SQL scripts in order; script n brings the file to `user_version` n. Only append. */
  readonly migrations: readonly string[];
  /** How long a statement waits for another process's lock, in ms. */
  readonly busyTimeoutMs?: number;
  /** `full` (default): a committed transaction survives a power cut. `normal`: only a crash of the process. */
  readonly durability?: 'full' | 'normal';
}

/**
 * Opens (or makes, readable by its owner only) a SQLite file and brings its schema up to date in one transaction.
 * @throws STORE_UNAVAILABLE, STORE_TOO_NEW, STORE_FULL, STORE_LOCKED, STORE_READONLY, STORE_CORRUPT, STORE_IO
 */
export function openDatabase(path: string, options: DatabaseOptions): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (path !== ':memory:') createPrivateFile(path);
    database = new DatabaseSync(path, { timeout: options.busyTimeoutMs ?? 5000, enableForeignKeyConstraints: true });
    // Making the file and its schema need not reach the disk at once: the first commit that has to be there takes them along.
    database.exec('PRAGMA synchronous = NORMAL');
    if (path !== ':memory:') database.exec('PRAGMA journal_mode = WAL');
    migrate(database, path, options.migrations);
    if (options.durability !== 'normal') database.exec('PRAGMA synchronous = FULL');
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof KsoError) throw error;
    throw storeError(error, path);
  }
}

/** Runs `fn` in a transaction; inside of another one it is part of that. SQLite's errors come out as STORE_… */
export function transaction<T>(database: DatabaseSync, path: string, fn: () => T): T {
  if (database.isTransaction) return fn();
  try {
    database.exec('BEGIN IMMEDIATE');
    const result = fn();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk rolls back by itself.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw isSqliteError(error) ? storeError(error, path) : error;
  }
}

/** Translates what `node:sqlite` throws to this package's STORE_… errors. Never compares message text. */
export function storeError(error: unknown, file: string): KsoError {
  if (error instanceof KsoError) return error;
  if (!isSqliteError(error)) return fail(systemErrorCode(error), { file }, error);
  // The low byte is the primary result code; the rest says more about it (https://sqlite.org/rescode.html).
  return fail(storeErrors[error.errcode & 0xff] ?? 'STORE_FAILED', { file }, error);
}

const storeErrors: Readonly<
  Record<number, 'STORE_FULL' | 'STORE_LOCKED' | 'STORE_READONLY' | 'STORE_CORRUPT' | 'STORE_IO' | 'STORE_UNAVAILABLE'>
> = {
  5: 'STORE_LOCKED',
  6: 'STORE_LOCKED',
  8: 'STORE_READONLY',
  10: 'STORE_IO',
  11: 'STORE_CORRUPT',
  13: 'STORE_FULL',
  14: 'STORE_UNAVAILABLE',
  26: 'STORE_CORRUPT',
};

function systemErrorCode(error: unknown): 'STORE_FULL' | 'STORE_UNAVAILABLE' {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    ? 'STORE_FULL'
    : 'STORE_UNAVAILABLE';
}

function isSqliteError(error: unknown): error is Error & { errcode: number } {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}

/** SQLite gives its -wal and -shm files the rights of the database, so it is enough to make that one right. */
function createPrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
}

function migrate(database: DatabaseSync, path: string, migrations: readonly string[]): void {
  transaction(database, path, () => {
    const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    if (found > migrations.length) throw fail('STORE_TOO_NEW', { file: path, found, known: migrations.length });
    if (found === migrations.length) return;
    for (const script of migrations.slice(found)) database.exec(script);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}
