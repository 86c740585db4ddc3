import type { DatabaseSync } from 'node:sqlite';
import type { QueuedEntry, UndeliverableEntry } from '../port.ts';
import { integer, optional, type Row, text } from './rows.ts';

/** Every statement of the outbox, prepared once. */
export function prepareOutbox(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    known: prepare(
      `SELECT 1 AS yes WHERE EXISTS (SELECT 1 FROM outbox_entry WHERE idempotency_key = ?)
       OR EXISTS (SELECT 1 FROM outbox_delivered WHERE idempotency_key = ?)
       OR EXISTS (SELECT 1 FROM outbox_undeliverable WHERE idempotency_key = ?)`,
    ),
    groupHead: prepare('SELECT id FROM outbox_entry WHERE entry_group = ? LIMIT 1'),
    insert: prepare(
      `INSERT INTO outbox_entry
       (idempotency_key, path, entry_group, job_id, parent_id, traceparent, bytes, queued_at, next_attempt_at, is_first)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    entry: prepare('SELECT * FROM outbox_entry WHERE id = ?'),
    remove: prepare('DELETE FROM outbox_entry WHERE id = ?'),
    promote: prepare(
      'UPDATE outbox_entry SET is_first = 1 WHERE id = (SELECT min(id) FROM outbox_entry WHERE entry_group = ?) AND is_first = 0',
    ),
    due: prepare(
      `SELECT e.*, b.body FROM outbox_entry e JOIN outbox_body b ON b.id = e.id
       WHERE e.is_first = 1 AND e.next_attempt_at <= ? AND e.id NOT IN (SELECT value FROM json_each(?))
       ORDER BY e.next_attempt_at, e.id LIMIT ?`,
    ),
    nextDue: prepare('SELECT next_attempt_at FROM outbox_entry WHERE is_first = 1 ORDER BY next_attempt_at LIMIT 1'),
    retry: prepare(
      'UPDATE outbox_entry SET attempts = attempts + 1, next_attempt_at = ?, last_reason = ? WHERE id = ?',
    ),
    oldest: prepare('SELECT queued_at FROM outbox_entry ORDER BY id LIMIT 1'),
    totals: prepare('SELECT * FROM outbox_totals'),

    insertBody: prepare('INSERT INTO outbox_body (id, body) VALUES (?, ?)'),
    moveBody: prepare('UPDATE outbox_body SET id = ? WHERE id = ?'),
    removeBody: prepare('DELETE FROM outbox_body WHERE id = ?'),

    remember: prepare('INSERT OR REPLACE INTO outbox_delivered (idempotency_key, at) VALUES (?, ?)'),
    forgetDelivered: prepare('DELETE FROM outbox_delivered WHERE at < ?'),

    refuse: prepare(
      `INSERT INTO outbox_undeliverable
       SELECT id, idempotency_key, path, entry_group, job_id, parent_id, traceparent, bytes, ?, ? FROM outbox_entry WHERE id = ?`,
    ),
    undeliverablePage: prepare(
      `SELECT u.*, b.body FROM outbox_undeliverable u LEFT JOIN outbox_body b ON b.id = u.id
       WHERE u.id < ? ORDER BY u.id DESC LIMIT ?`,
    ),
    undeliverableBody: prepare(
      'SELECT u.*, b.body FROM outbox_undeliverable u LEFT JOIN outbox_body b ON b.id = u.id WHERE u.id = ?',
    ),
    removeUndeliverable: prepare('DELETE FROM outbox_undeliverable WHERE id = ?'),
    oldestUndeliverableBody: prepare('SELECT id FROM outbox_undeliverable WHERE bytes > 0 ORDER BY id LIMIT 1'),
    dropUndeliverableBytes: prepare('UPDATE outbox_undeliverable SET bytes = 0 WHERE id = ?'),
    forgetUndeliverableBodies: prepare(
      'DELETE FROM outbox_body WHERE id IN (SELECT id FROM outbox_undeliverable WHERE at < ?)',
    ),
    forgetUndeliverable: prepare('DELETE FROM outbox_undeliverable WHERE at < ?'),
  };
}

function toEntry(row: Row) {
  return {
    id: integer(row, 'id'),
    idempotencyKey: text(row, 'idempotency_key'),
    path: text(row, 'path'),
    group: text(row, 'entry_group'),
    ...optional(row, 'job_id', 'jobId'),
    ...optional(row, 'parent_id', 'parentId'),
    ...optional(row, 'traceparent', 'traceparent'),
  };
}

export function toQueued(row: Row): QueuedEntry {
  return {
    ...toEntry(row),
    body: text(row, 'body'),
    attempts: integer(row, 'attempts'),
    queuedAt: integer(row, 'queued_at'),
    nextAttemptAt: integer(row, 'next_attempt_at'),
  };
}

export function toUndeliverable(row: Row): UndeliverableEntry {
  return { ...toEntry(row), ...optional(row, 'body', 'body'), reason: text(row, 'reason'), at: integer(row, 'at') };
}
