import type { DatabaseSync } from 'node:sqlite';
import { fail } from '../errors.ts';
import type { ResolvedOutboxOptions } from '../options.ts';
import type { Outbox, OutboxEntry } from '../port.ts';
import { prepareOutbox, toQueued, toUndeliverable } from './outbox-statements.ts';
import { integer, text } from './rows.ts';
import type { SqliteTransactor } from './transactions.ts';

export function createSqliteOutbox(
  database: DatabaseSync,
  { transaction, unsynced }: SqliteTransactor,
  options: ResolvedOutboxOptions,
): Outbox {
  const { clock, maxBytes } = options;
  const sql = prepareOutbox(database);
  const totals = (column: string) => integer(sql.totals.get() ?? {}, column);

  const insert = (entry: OutboxEntry, bytes: number, now: number) => {
    const isFirst = sql.groupHead.get(entry.group) === undefined ? 1 : 0;
    const { lastInsertRowid } = sql.insert.run(
      entry.idempotencyKey,
      entry.path,
      entry.group,
      entry.jobId ?? null,
      entry.parentId ?? null,
      entry.traceparent ?? null,
      bytes,
      now,
      now,
      isFirst,
    );
    return Number(lastInsertRowid);
  };

  /** Takes an entry out of the queue and lets the next of its group come forward. */
  const take = (id: number) => {
    const row = sql.entry.get(id);
    if (row === undefined) return undefined;
    sql.remove.run(id);
    sql.promote.run(text(row, 'entry_group'));
    return row;
  };

  const trimUndeliverable = (now: number) => {
    sql.forgetUndeliverableBodies.run(now - options.keepUndeliverableMs);
    sql.forgetUndeliverable.run(now - options.keepUndeliverableMs);
    while (totals('undeliverable_bytes') > options.maxUndeliverableBytes) {
      const oldest = sql.oldestUndeliverableBody.get();
      if (oldest === undefined) return;
      sql.removeBody.run(integer(oldest, 'id'));
      sql.dropUndeliverableBytes.run(integer(oldest, 'id'));
    }
  };

  return {
    put(entries) {
      transaction(() => {
        const now = clock.now();
        let used = totals('bytes');
        for (const entry of entries) {
          if (sql.known.get(entry.idempotencyKey, entry.idempotencyKey, entry.idempotencyKey) !== undefined) continue;
          const bytes = Buffer.byteLength(entry.body);
          used += bytes;
          if (used > maxBytes) throw fail('STORE_FULL', { bytes, limit: maxBytes });
          sql.insertBody.run(insert(entry, bytes, now), entry.body);
        }
      });
    },
    due: (now, limit, except = []) => sql.due.all(now, JSON.stringify([...except]), limit).map((row) => toQueued(row)),
    nextDueAt() {
      const row = sql.nextDue.get();
      return row === undefined ? undefined : integer(row, 'next_attempt_at');
    },
    // When a power cut takes the note, the report goes out again, and its receiver knows it: as with a crash just before the note.
    delivered(id) {
      unsynced(() => {
        const row = take(id);
        if (row === undefined) return;
        const now = clock.now();
        sql.removeBody.run(id);
        sql.remember.run(text(row, 'idempotency_key'), now);
        sql.forgetDelivered.run(now - options.rememberDeliveredMs);
      });
    },
    retryAt(id, when, reason) {
      unsynced(() => sql.retry.run(when, reason, id));
    },
    undeliverable(id, reason) {
      transaction(() => {
        const now = clock.now();
        sql.refuse.run(reason, now, id);
        if (take(id) !== undefined) trimUndeliverable(now);
      });
    },
    listUndeliverable: ({ before = Number.MAX_SAFE_INTEGER, limit }) =>
      sql.undeliverablePage.all(before, limit).map((row) => toUndeliverable(row)),
    requeue: (id) =>
      transaction(() => {
        const row = sql.undeliverableBody.get(id);
        if (row === undefined) return false;
        const { body, ...entry } = toUndeliverable(row);
        if (body === undefined) return false;
        sql.removeUndeliverable.run(id);
        sql.moveBody.run(insert({ ...entry, body }, Buffer.byteLength(body), clock.now()), id);
        return true;
      }),
    stats() {
      const row = sql.totals.get() ?? {};
      const oldest = sql.oldest.get();
      return {
        queued: integer(row, 'queued'),
        bytes: integer(row, 'bytes'),
        undeliverable: integer(row, 'undeliverable'),
        ...(oldest === undefined ? {} : { oldestQueuedAt: integer(oldest, 'queued_at') }),
      };
    },
  };
}
