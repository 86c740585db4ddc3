import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describeError } from '@kso/kit';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { entry, storeConformance } from '../conformance.ts';
import { openSqliteStore, type SqliteStoreOptions } from './store.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'kso-store-'));
let files = 0;
const newFile = () => path.join(folder, `${++files}.db`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

storeConformance('SQLite file', (options) => openSqliteStore({ ...options, path: newFile() }));
storeConformance('SQLite memory', (options) => openSqliteStore({ ...options, path: ':memory:' }));

function open(file: string, options: Partial<SqliteStoreOptions> = {}) {
  const store = openSqliteStore({ path: file, ...options });
  onTestFinished(() => store.close());
  return store;
}

const many = (count: number, prefix: string, size: number) =>
  Array.from({ length: count }, (_, index) =>
    entry(`${prefix}${index}`, { body: 'x'.repeat(size), group: `g${index % 7}` }),
  );

describe('SQLite store on disk', () => {
  it('keeps queue, order, attempts, totals and remembered keys over a restart', () => {
    const file = newFile();
    const before = open(file);
    before.outbox.put([entry('a'), entry('b'), entry('c')]);
    before.outbox.delivered(1);
    before.outbox.retryAt(2, 50, 'HTTP 500');
    before.close();

    const after = open(file);
    expect(after.outbox.due(60, 9)).toMatchObject([{ idempotencyKey: 'b', attempts: 1 }]);
    after.outbox.put([entry('a')]);
    expect(after.outbox.stats().queued).toBe(2);
  });

  it('is readable by its owner only', () => {
    const file = newFile();
    open(file).outbox.put([entry('a')]);
    for (const name of [file, `${file}-wal`]) expect(statSync(name).mode & 0o077).toBe(0);
  });

  it('shows a second connection what the first has put', () => {
    const file = newFile();
    const writer = open(file);
    const poster = open(file);
    writer.outbox.put([entry('a')]);
    poster.outbox.delivered(poster.outbox.due(Date.now(), 1)[0]?.id ?? 0);
    expect(writer.outbox.stats().queued).toBe(0);
  });

  it('loses nothing and keeps no half batch when the process is killed in the middle of a put', async () => {
    const file = newFile();
    const batchSize = 5_000;
    const child = fork(new URL('./crash-child.ts', import.meta.url), [file, String(batchSize)]);
    const exited = once(child, 'exit');
    const announced = await new Promise<number>((resolve) => {
      child.on('message', (batch) => {
        if (batch !== 3) return;
        child.kill('SIGKILL');
        resolve(3);
      });
    });
    await exited;

    const store = open(file);
    const results = store.results.count('batch');
    expect(results).toBeGreaterThanOrEqual(announced);
    expect(store.outbox.stats()).toMatchObject({ queued: results * batchSize, bytes: results * batchSize * 2048 });
    const heads = store.outbox.due(Date.now(), 100);
    expect(heads.map((head) => head.idempotencyKey)).toEqual(heads.map((_, batch) => `${batch}/0`));
    expect(heads).toHaveLength(results);
  });

  it('writes nothing when the file may not grow, and goes on when there is room again', () => {
    const store = open(newFile(), { maxFileBytes: 400_000 });
    store.outbox.put(many(10, 'first', 4_096));
    const before = store.outbox.stats();
    expect(() => store.outbox.put(many(200, 'second', 4_096))).toThrow(expect.objectContaining({ code: 'STORE_FULL' }));
    expect(store.outbox.stats()).toEqual(before);
    for (const { id } of store.outbox.due(Date.now(), 10)) store.outbox.delivered(id);
    store.outbox.put(many(5, 'third', 4_096));
    expect(store.outbox.stats().queued).toBe(8);
  });

  it('does not go on half-way when an inner error of a full file is swallowed', () => {
    const store = open(newFile(), { maxFileBytes: 400_000 });
    const careless = () => {
      store.results.put({ kind: 'k', key: 'before', idempotencyKey: '1', body: null, storedAt: 0 });
      try {
        store.outbox.put(many(200, 'x', 4_096));
      } catch {
        // What a careless caller does.
      }
      return store.results.put({ kind: 'k', key: 'after', idempotencyKey: '1', body: null, storedAt: 0 });
    };
    let outcome: unknown;
    try {
      outcome = store.transaction(careless);
    } catch (error) {
      outcome = error;
    }
    // Either SQLite kept the outer transaction, then both results are there, or it undid everything, then the caller hears of it.
    const keys = store.results.list('k', { limit: 5 }).map((each) => each.key);
    expect([outcome, keys]).toSatisfy(
      ([result, stored]: [unknown, string[]]) =>
        (result === true && stored.length === 2) || (result instanceof Error && stored.length === 0),
    );
    expect(store.outbox.stats().queued).toBe(0);
  });

  it('writes nothing on a disk that is really full', ({ skip }) => {
    const mount = path.join(folder, 'disk');
    mkdirSync(mount);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount], { stdio: 'ignore' });
    } catch {
      const why = 'a small tmpfs cannot be mounted here (root is needed), so nothing was written to a really full disk';
      process.stderr.write(`SKIPPED: ${why}\n`);
      skip(why);
    }
    onTestFinished(() => void execFileSync('umount', ['-l', mount]));
    const store = open(path.join(mount, 'store.db'));
    store.outbox.put(many(10, 'first', 4_096));
    const before = store.outbox.stats();
    expect(() => store.outbox.put(many(300, 'second', 4_096))).toThrow(expect.objectContaining({ code: 'STORE_FULL' }));
    expect(store.outbox.stats()).toEqual(before);
    expect(() =>
      store.transaction(() => {
        store.results.put({ kind: 'k', key: 'k', idempotencyKey: 'k', body: 'x'.repeat(2_000_000), storedAt: 0 });
        store.outbox.put([entry('z')]);
      }),
    ).toThrow(expect.objectContaining({ code: 'STORE_FULL' }));
    expect([store.results.count('k'), store.outbox.stats()]).toEqual([0, before]);
  });

  it('says in one line what is wrong with a damaged, foreign or unreachable file', () => {
    const foreign = newFile();
    writeFileSync(foreign, 'this is no database, and it is long enough to look like one'.repeat(100));
    expect(messageOf(() => open(foreign))).toMatch(/^STORE_CORRUPT [^\n]*\d+\.db[^\n]*$/);

    const folderOnly = path.join(folder, 'a-folder');
    mkdirSync(folderOnly);
    expect(messageOf(() => open(folderOnly))).toMatch(/^STORE_UNAVAILABLE [^\n]+$/);
  });

  it('says that another process holds the lock', () => {
    const file = newFile();
    const store = open(file, { busyTimeoutMs: 0 });
    const other = new DatabaseSync(file);
    onTestFinished(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    expect(messageOf(() => store.outbox.put([entry('a')]))).toMatch(/^STORE_LOCKED [^\n]+$/);
    other.exec('ROLLBACK');
    store.outbox.put([entry('a')]);
    expect(store.outbox.stats().queued).toBe(1);
  });

  it('reports damage found while reading as such', () => {
    const file = newFile();
    const store = openSqliteStore({ path: file });
    store.outbox.put(many(2_000, 'x', 100));
    store.close();
    const size = statSync(file).size;
    chmodSync(file, 0o600);
    writeFileSync(file, Buffer.alloc(size - 8_192, 0x5a), { flag: 'r+' });
    expect(messageOf(() => open(file).outbox.due(Date.now(), 100))).toMatch(/^STORE_CORRUPT /);
  });
});

function messageOf(fn: () => unknown): string {
  try {
    fn();
    return 'no error';
  } catch (error) {
    return `${(error as { code?: string }).code} ${describeError(error)}`;
  }
}
