/**
 * Bodies live apart from the queue, so that a retry touches a small row and never rewrites megabytes. `is_first` marks the head of
 * each group: the partial index on it finds due work without looking at what waits behind. Triggers keep the totals inside of the
 * same transaction as the rows they count.
 */
const first = `
CREATE TABLE result (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  stored_at INTEGER NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (kind, key)
) STRICT;

CREATE TABLE outbox_entry (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  idempotency_key TEXT NOT NULL UNIQUE,
  path TEXT NOT NULL,
  entry_group TEXT NOT NULL,
  job_id TEXT,
  parent_id TEXT,
  traceparent TEXT,
  bytes INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  queued_at INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL,
  last_reason TEXT,
  is_first INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_entry_group ON outbox_entry (entry_group, id);
CREATE INDEX outbox_entry_due ON outbox_entry (next_attempt_at, id) WHERE is_first = 1;

CREATE TABLE outbox_undeliverable (
  id INTEGER PRIMARY KEY,
  idempotency_key TEXT NOT NULL UNIQUE,
  path TEXT NOT NULL,
  entry_group TEXT NOT NULL,
  job_id TEXT,
  parent_id TEXT,
  traceparent TEXT,
  bytes INTEGER NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_undeliverable_at ON outbox_undeliverable (at);
CREATE INDEX outbox_undeliverable_body ON outbox_undeliverable (id) WHERE bytes > 0;

CREATE TABLE outbox_body (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;

CREATE TABLE outbox_delivered (idempotency_key TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_delivered_at ON outbox_delivered (at);

CREATE TABLE outbox_totals (
  queued INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  undeliverable INTEGER NOT NULL,
  undeliverable_bytes INTEGER NOT NULL
) STRICT;
INSERT INTO outbox_totals VALUES (0, 0, 0, 0);
CREATE TRIGGER outbox_entry_added AFTER INSERT ON outbox_entry BEGIN
  UPDATE outbox_totals SET queued = queued + 1, bytes = bytes + NEW.bytes;
END;
CREATE TRIGGER outbox_entry_removed AFTER DELETE ON outbox_entry BEGIN
  UPDATE outbox_totals SET queued = queued - 1, bytes = bytes - OLD.bytes;
END;
CREATE TRIGGER outbox_undeliverable_added AFTER INSERT ON outbox_undeliverable BEGIN
  UPDATE outbox_totals SET undeliverable = undeliverable + 1, undeliverable_bytes = undeliverable_bytes + NEW.bytes;
END;
CREATE TRIGGER outbox_undeliverable_trimmed AFTER UPDATE OF bytes ON outbox_undeliverable BEGIN
  UPDATE outbox_totals SET undeliverable_bytes = undeliverable_bytes + NEW.bytes - OLD.bytes;
END;
CREATE TRIGGER outbox_undeliverable_removed AFTER DELETE ON outbox_undeliverable BEGIN
  UPDATE outbox_totals SET undeliverable = undeliverable - 1, undeliverable_bytes = undeliverable_bytes - OLD.bytes;
END;
`;

export const migrations: readonly string[] = [first];
