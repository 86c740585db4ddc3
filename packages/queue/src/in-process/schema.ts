/**
 * The journal's tables. `jobs` has a row per run, the newest of a key is the one that counts. A child of a parent points at the run it
 * waits for and is `open` until that ends, `ended` until the owner has acknowledged the end, then `acked`. Parents count their children
 * as they go: one may have ten thousand, and each end asks how many are left.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE jobs (
    run INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    spec TEXT NOT NULL,
    rank INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts_made INTEGER NOT NULL DEFAULT 0,
    stalls INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER,
    expires_at INTEGER,
    cancelled INTEGER NOT NULL DEFAULT 0,
    progress TEXT,
    result TEXT,
    failure_code TEXT,
    failure_message TEXT,
    added_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER
  ) STRICT;
  CREATE INDEX jobs_by_key ON jobs (key, run);
  CREATE INDEX jobs_next ON jobs (kind, rank, run) WHERE state = 'waiting';
  CREATE INDEX jobs_by_state ON jobs (state, kind, run);
  CREATE INDEX jobs_due ON jobs (not_before) WHERE state = 'delayed';
  CREATE INDEX jobs_expiring ON jobs (expires_at) WHERE state IN ('waiting', 'delayed') AND expires_at IS NOT NULL;
  CREATE INDEX jobs_ended ON jobs (finished_at) WHERE finished_at IS NOT NULL;

  CREATE TABLE job_ids (
    job_id TEXT NOT NULL,
    run INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    PRIMARY KEY (job_id, run)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX job_ids_by_run ON job_ids (run);

  CREATE TABLE parents (
    id TEXT PRIMARY KEY,
    data TEXT NOT NULL,
    note TEXT,
    sealed INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    acked INTEGER NOT NULL DEFAULT 0,
    to_announce INTEGER NOT NULL DEFAULT 0,
    succeeded INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    expired INTEGER NOT NULL DEFAULT 0,
    opened_at INTEGER NOT NULL,
    completed_at INTEGER
  ) STRICT;
  CREATE INDEX parents_by_age ON parents (opened_at);
  CREATE INDEX parents_to_announce ON parents (opened_at) WHERE to_announce > 0;

  CREATE TABLE children (
    parent_id TEXT NOT NULL REFERENCES parents ON DELETE CASCADE,
    key TEXT NOT NULL,
    run INTEGER NOT NULL,
    state TEXT NOT NULL,
    end_number INTEGER,
    PRIMARY KEY (parent_id, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX children_by_run ON children (run);
  CREATE INDEX children_to_announce ON children (parent_id, end_number) WHERE state = 'ended';
  `,
  `
  DROP INDEX jobs_next;
  CREATE INDEX jobs_next ON jobs (kind, rank, stalls, run) WHERE state = 'waiting';
  `,
  // `own`: somebody who is no parent waits for the run. `has_left`: the child ended as cancelled for its parent while its run went on.
  `
  ALTER TABLE jobs ADD COLUMN own INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE children ADD COLUMN has_left INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE parents ADD COLUMN cancelled_at INTEGER;
  `,
];
