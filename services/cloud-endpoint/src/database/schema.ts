import { inventorySchema } from '../inventory/schema.ts';
import { historySchema, policySchema } from './policy-schema.ts';

/**
 * What is kept. Times are epoch milliseconds and those of the sender's report unless said; severities are ranks (0 Unknown, 1
 * Negligible, 2 Low, 3 Medium, 4 High, 5 Critical). `weight` orders by severity counts, the worst first. Foreign keys cascade from
 * the cluster, so that forgetting one is a single statement.
 */
const clusters = `
CREATE TABLE cluster (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  name TEXT NOT NULL,
  provider TEXT,
  version TEXT,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  UNIQUE (account, name)
) STRICT;

-- Every write of a sender by its idempotency key; deliveries beyond the first changed nothing. Times are our own.
CREATE TABLE receipt (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  route TEXT NOT NULL,
  cluster_id INTEGER REFERENCES cluster (id) ON DELETE CASCADE,
  job_id TEXT,
  body_hash TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  answer TEXT NOT NULL,
  deliveries INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  UNIQUE (account, idempotency_key)
) STRICT;
CREATE INDEX receipt_cluster ON receipt (cluster_id, id);
CREATE INDEX receipt_last ON receipt (last_at);
`;

const posture = `
CREATE TABLE posture_report (
  id INTEGER PRIMARY KEY,
  cluster_id INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  guid TEXT NOT NULL,
  is_delta INTEGER NOT NULL,
  generated_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  job_id TEXT,
  target TEXT,
  parts INTEGER NOT NULL,
  last_part INTEGER,
  is_complete INTEGER NOT NULL,
  compliance_score REAL,
  coverage TEXT,
  UNIQUE (cluster_id, guid)
) STRICT;
CREATE INDEX posture_report_time ON posture_report (cluster_id, generated_at);
CREATE TABLE posture_part (
  report_id INTEGER NOT NULL REFERENCES posture_report (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  PRIMARY KEY (report_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE control (
  cluster_id INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  control_id TEXT NOT NULL,
  name TEXT NOT NULL,
  severity INTEGER NOT NULL,
  status TEXT NOT NULL,
  sub_status TEXT,
  info TEXT,
  generated_at INTEGER NOT NULL,
  PRIMARY KEY (cluster_id, control_id)
) STRICT, WITHOUT ROWID;

-- mentioned_at: newest report that names the object; evaluated_at: newest that holds results of it.
CREATE TABLE resource (
  id INTEGER PRIMARY KEY,
  cluster_id INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  resource_id TEXT NOT NULL,
  api_version TEXT NOT NULL,
  kind TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  source TEXT,
  mentioned_at INTEGER NOT NULL,
  evaluated_at INTEGER,
  first_seen INTEGER NOT NULL,
  critical INTEGER NOT NULL DEFAULT 0,
  high INTEGER NOT NULL DEFAULT 0,
  medium INTEGER NOT NULL DEFAULT 0,
  low INTEGER NOT NULL DEFAULT 0,
  unknown INTEGER NOT NULL DEFAULT 0,
  not_evaluated INTEGER NOT NULL DEFAULT 0,
  weight INTEGER NOT NULL DEFAULT 0,
  passed TEXT NOT NULL DEFAULT '[]',
  UNIQUE (cluster_id, resource_id)
) STRICT;
CREATE INDEX resource_weight ON resource (cluster_id, weight DESC, id);

-- Controls of an object that did not simply pass. detail: JSON of messages, paths and fixes.
CREATE TABLE finding (
  resource INTEGER NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
  control_id TEXT NOT NULL,
  status TEXT NOT NULL,
  sub_status TEXT,
  info TEXT,
  name TEXT NOT NULL,
  severity INTEGER NOT NULL,
  detail TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  PRIMARY KEY (resource, control_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE posture_change (
  id INTEGER PRIMARY KEY,
  cluster_id INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  resource_id TEXT NOT NULL,
  control_id TEXT NOT NULL,
  severity INTEGER NOT NULL,
  was TEXT NOT NULL,
  became TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX posture_change_time ON posture_change (cluster_id, at);
CREATE INDEX posture_change_age ON posture_change (at);

CREATE TABLE score (
  cluster_id INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  compliance_score REAL,
  critical INTEGER NOT NULL,
  high INTEGER NOT NULL,
  medium INTEGER NOT NULL,
  low INTEGER NOT NULL,
  PRIMARY KEY (cluster_id, at)
) STRICT, WITHOUT ROWID;
`;

const images = `
-- key: digest if the scanner knew one, else the normalised reference. A failure newer than scanned_at means: not evaluated since.
CREATE TABLE image (
  id INTEGER PRIMARY KEY,
  cluster_id INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  reference TEXT NOT NULL,
  hash TEXT NOT NULL,
  platform TEXT,
  size INTEGER,
  scanned_at INTEGER,
  failed_at INTEGER,
  failure_case INTEGER,
  failure_reason TEXT,
  failure_error TEXT,
  database_built TEXT,
  database_label TEXT,
  alert TEXT,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  critical INTEGER NOT NULL DEFAULT 0,
  high INTEGER NOT NULL DEFAULT 0,
  medium INTEGER NOT NULL DEFAULT 0,
  low INTEGER NOT NULL DEFAULT 0,
  negligible INTEGER NOT NULL DEFAULT 0,
  unknown INTEGER NOT NULL DEFAULT 0,
  fixable INTEGER NOT NULL DEFAULT 0,
  weight INTEGER NOT NULL DEFAULT 0,
  UNIQUE (cluster_id, key)
) STRICT;
CREATE INDEX image_weight ON image (cluster_id, weight DESC, id);

CREATE TABLE image_scan (
  id INTEGER PRIMARY KEY,
  cluster_id INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  scan_id TEXT NOT NULL,
  image INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
  scanned_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  parts INTEGER NOT NULL,
  last_part INTEGER,
  is_complete INTEGER NOT NULL,
  UNIQUE (cluster_id, scan_id)
) STRICT;
CREATE INDEX image_scan_image ON image_scan (image, scanned_at);
CREATE TABLE image_scan_part (
  scan INTEGER NOT NULL REFERENCES image_scan (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  PRIMARY KEY (scan, number)
) STRICT, WITHOUT ROWID;

-- Which image a container ran when it was last heard of.
CREATE TABLE workload_image (
  cluster_id INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  namespace TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  container TEXT NOT NULL,
  image INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  PRIMARY KEY (cluster_id, namespace, kind, name, container)
) STRICT, WITHOUT ROWID;
CREATE INDEX workload_image_image ON workload_image (image);

CREATE TABLE vulnerability (
  image INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  package TEXT NOT NULL,
  version TEXT NOT NULL,
  package_type TEXT NOT NULL,
  severity INTEGER NOT NULL,
  fix_state TEXT NOT NULL,
  fixed_in TEXT NOT NULL,
  is_accepted INTEGER NOT NULL,
  scanned_at INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  PRIMARY KEY (image, name, package, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX vulnerability_name ON vulnerability (name);

-- Texts of an advisory are the same in every image: kept once.
CREATE TABLE advisory (name TEXT PRIMARY KEY, description TEXT NOT NULL, link TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE vulnerability_change (
  id INTEGER PRIMARY KEY,
  cluster_id INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  image_key TEXT NOT NULL,
  name TEXT NOT NULL,
  package TEXT NOT NULL,
  version TEXT NOT NULL,
  severity INTEGER NOT NULL,
  became TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX vulnerability_change_age ON vulnerability_change (at);
`;

const jobs = `
CREATE TABLE job (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  job_id TEXT NOT NULL,
  cluster_id INTEGER REFERENCES cluster (id) ON DELETE CASCADE,
  parent_id TEXT,
  action TEXT NOT NULL,
  reporter TEXT NOT NULL,
  target TEXT NOT NULL,
  status TEXT NOT NULL,
  details TEXT,
  errors TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  UNIQUE (account, job_id)
) STRICT;
CREATE INDEX job_cluster ON job (cluster_id, first_at);
CREATE INDEX job_parent ON job (account, parent_id);
CREATE TABLE job_step (
  job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  at INTEGER NOT NULL,
  status TEXT NOT NULL,
  details TEXT NOT NULL,
  errors TEXT NOT NULL,
  PRIMARY KEY (job, sequence, at, status, details)
) STRICT, WITHOUT ROWID;
`;

export const migrations: readonly string[] = [
  clusters + posture + images + jobs,
  policySchema + historySchema,
  inventorySchema,
];
