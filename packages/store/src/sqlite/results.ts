import type { DatabaseSync } from 'node:sqlite';
import type { JsonValue } from '@kso/wire';
import type { ResultStore, StoredResult, Transactor } from '../port.ts';
import { integer, type Row, text } from './rows.ts';

/** Sorts after every key that begins with the prefix before it. */
const last = '\u{10ffff}';

export function createSqliteResults(database: DatabaseSync, { transaction }: Transactor): ResultStore {
  const upsert = database.prepare(
    `INSERT INTO result (kind, key, idempotency_key, stored_at, body) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (kind, key) DO UPDATE SET idempotency_key = excluded.idempotency_key, stored_at = excluded.stored_at, body = excluded.body
     WHERE idempotency_key <> excluded.idempotency_key`,
  );
  const select = database.prepare('SELECT * FROM result WHERE kind = ? AND key = ?');
  const remove = database.prepare('DELETE FROM result WHERE kind = ? AND key = ?');
  const page = database.prepare(
    'SELECT * FROM result WHERE kind = ? AND key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?',
  );
  const keyPage = database.prepare(
    'SELECT key, idempotency_key FROM result WHERE kind = ? AND key > ? ORDER BY key LIMIT ?',
  );
  const removeOld = database.prepare('DELETE FROM result WHERE kind = ? AND stored_at < ?');
  const countAll = database.prepare('SELECT count(*) AS n FROM result WHERE kind = ?');

  return {
    put: ({ kind, key, idempotencyKey, storedAt, body }) =>
      transaction(() => upsert.run(kind, key, idempotencyKey, storedAt, JSON.stringify(body)).changes === 1),
    get(kind, key) {
      const row = select.get(kind, key);
      return row === undefined ? undefined : toResult(row);
    },
    delete: (kind, key) => transaction(() => remove.run(kind, key).changes === 1),
    list: (kind, { prefix = '', after = '', limit }) =>
      page.all(kind, prefix, prefix + last, after, limit).map((row) => toResult(row)),
    keys: (kind, { after = '', limit }) =>
      keyPage
        .all(kind, after, limit)
        .map((row) => ({ key: text(row, 'key'), idempotencyKey: text(row, 'idempotency_key') })),
    count: (kind) => integer(countAll.get(kind) ?? {}, 'n'),
    prune: (kind, before) => transaction(() => Number(removeOld.run(kind, before).changes)),
  };
}

function toResult(row: Row): StoredResult {
  return {
    kind: text(row, 'kind'),
    key: text(row, 'key'),
    idempotencyKey: text(row, 'idempotency_key'),
    storedAt: integer(row, 'stored_at'),
    body: JSON.parse(text(row, 'body')) as JsonValue,
  };
}
