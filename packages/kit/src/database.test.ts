import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, storeError, transaction } from './database.ts';

const first = 'CREATE TABLE item (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;';
const second = 'ALTER TABLE item ADD COLUMN at INTEGER;';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kso-database-'));
  path = join(folder, 'sub', 'data.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function thrownBy(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('opening', () => {
  it('makes a private file in WAL mode and keeps what was written', () => {
    const database = openDatabase(path, { migrations: [first] });
    database.exec("INSERT INTO item (text) VALUES ('a')");
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    expect([statSync(path).mode & 0o777, statSync(`${path}-wal`).mode & 0o777]).toEqual([0o600, 0o600]);
    database.close();
    const again = openDatabase(path, { migrations: [first] });
    expect(again.prepare('SELECT text FROM item').all()).toEqual([{ text: 'a' }]);
    again.close();
  });

  it('applies only new migrations', () => {
    openDatabase(path, { migrations: [first] }).close();
    const database = openDatabase(path, { migrations: [first, second] });
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 });
    expect(() => database.exec("INSERT INTO item (text, at) VALUES ('a', 1)")).not.toThrow();
    database.close();
  });

  it('leaves the file as it was when a migration fails', () => {
    openDatabase(path, { migrations: [first] }).close();
    expect(thrownBy(() => openDatabase(path, { migrations: [first, 'DROP TABLE item; nonsense'] }))).toMatchObject({
      code: 'STORE_FAILED',
    });
    const database = openDatabase(path, { migrations: [first] });
    expect(database.prepare('SELECT count(*) AS n FROM item').get()).toEqual({ n: 0 });
    database.close();
  });

  it('refuses a file of a newer version', () => {
    openDatabase(path, { migrations: [first, second] }).close();
    expect(thrownBy(() => openDatabase(path, { migrations: [first] }))).toMatchObject({
      code: 'STORE_TOO_NEW',
      context: { found: 2, known: 1 },
    });
  });

  it('works in memory', () => {
    const database = openDatabase(':memory:', { migrations: [first] });
    expect(database.prepare('SELECT * FROM item').all()).toEqual([]);
    database.close();
  });
});

describe('errors', () => {
  it('a damaged file', () => {
    writeFileSync(join(folder, 'x'), 'this is no database, and it is long enough to be looked at '.repeat(50));
    expect(thrownBy(() => openDatabase(join(folder, 'x'), { migrations: [first] }))).toMatchObject({
      code: 'STORE_CORRUPT',
    });
  });

  it('a lock held by another connection', () => {
    const one = openDatabase(path, { migrations: [first] });
    const two = openDatabase(path, { migrations: [first], busyTimeoutMs: 1 });
    one.exec('BEGIN IMMEDIATE');
    expect(thrownBy(() => transaction(two, path, () => undefined))).toMatchObject({
      code: 'STORE_LOCKED',
      retryable: true,
    });
    one.exec('ROLLBACK');
    one.close();
    two.close();
  });

  it('a full disk: nothing is written, and work goes on when there is room', () => {
    const database = openDatabase(path, { migrations: [first] });
    const insert = database.prepare('INSERT INTO item (text) VALUES (?)');
    transaction(database, path, () => insert.run('kept'));
    const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count']);
    database.exec(`PRAGMA max_page_count = ${pages}`);
    expect(thrownBy(() => transaction(database, path, () => insert.run('x'.repeat(100_000))))).toMatchObject({
      code: 'STORE_FULL',
      httpStatus: 507,
    });
    expect(database.isTransaction).toBe(false);
    database.exec('PRAGMA max_page_count = 100000');
    transaction(database, path, () => insert.run('later'));
    expect(database.prepare('SELECT text FROM item').all()).toEqual([{ text: 'kept' }, { text: 'later' }]);
    database.close();
  });

  it('a folder that cannot be made, and errors of the system', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(thrownBy(() => openDatabase(join(folder, 'file', 'x'), { migrations: [] }))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(storeError(Object.assign(new Error('x'), { code: 'ENOSPC' }), path)).toMatchObject({ code: 'STORE_FULL' });
  });

  it.skipIf(process.getuid?.() === 0)('a file without the right to write', () => {
    openDatabase(path, { migrations: [first] }).close();
    chmodSync(path, 0o400);
    expect(thrownBy(() => openDatabase(path, { migrations: [first] }))).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

describe('transactions', () => {
  it('are all or nothing, pass other errors on, and nest', () => {
    const database = openDatabase(path, { migrations: [first] });
    const insert = database.prepare('INSERT INTO item (text) VALUES (?)');
    const broken = new Error('bug');
    expect(
      thrownBy(() =>
        transaction(database, path, () => {
          transaction(database, path, () => insert.run('a'));
          throw broken;
        }),
      ),
    ).toBe(broken);
    expect(database.prepare('SELECT count(*) AS n FROM item').get()).toEqual({ n: 0 });
    expect(transaction(database, path, () => transaction(database, path, () => 7))).toBe(7);
    database.close();
  });
});
