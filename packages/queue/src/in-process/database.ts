import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { describeError, KsoError, openDatabase, storeError, transaction } from '@kso/kit';
import { fail } from '../errors.ts';
import { migrations } from './schema.ts';

export type Row = Record<string, SQLOutputValue>;

/** The journal's file: statements are prepared once, errors come out as STORE_… */
export class JournalDatabase {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #failure: { readonly reason: string; readonly writes: number } | undefined;

  /** @throws JOURNAL_IN_USE when another process has it, and the STORE_… errors of `openDatabase`. */
  constructor(path: string, durability: 'full' | 'normal') {
    this.#path = path;
    try {
      this.#database = openDatabase(path, { migrations, durability, busyTimeoutMs: 1000 });
      this.#claim();
    } catch (error) {
      if (error instanceof KsoError && error.code === 'STORE_LOCKED')
        throw fail('JOURNAL_IN_USE', { file: path }, error);
      throw error;
    }
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#run(() => this.#statement(sql).all(...values));
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#run(() => this.#statement(sql).get(...values));
  }

  /** Number of rows that changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#run(() => Number(this.#statement(sql).run(...values).changes));
  }

  transaction<T>(fn: () => T): T {
    return this.#watched(() => transaction(this.#database, this.#path, fn));
  }

  /** Why the journal cannot be used, until something has been written again: a full disk still answers questions. */
  get failure(): string | undefined {
    return this.#failure?.reason;
  }

  close(): void {
    this.#database.close();
  }

  /** Two processes on one journal would each take the other's running jobs for stalled ones: the first write locks it for good. */
  #claim(): void {
    try {
      this.#database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT;');
    } catch (error) {
      this.#database.close();
      throw storeError(error, this.#path);
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #run<T>(fn: () => T): T {
    return this.#watched(() => {
      try {
        return fn();
      } catch (error) {
        throw storeError(error, this.#path);
      }
    });
  }

  #watched<T>(fn: () => T): T {
    try {
      const result = fn();
      if (this.#failure !== undefined && this.#writes() > this.#failure.writes) this.#failure = undefined;
      return result;
    } catch (error) {
      if (error instanceof KsoError && error.code.startsWith('STORE_'))
        this.#failure = { reason: describeError(error), writes: this.#writes() };
      throw error;
    }
  }

  /** Rows that this connection has written, also those that were taken back. */
  #writes(): number {
    if (!this.#database.isOpen) return 0;
    return Number(this.#statement('SELECT total_changes() AS writes').get()?.['writes'] ?? 0);
  }
}

export const text = (value: SQLOutputValue | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

export const int = (value: SQLOutputValue | undefined): number | undefined =>
  typeof value === 'number' ? value : undefined;
