/**
 * What people keep here for the clusters of an account, and what newer reports say besides. `kind` of a policy document: see
 * `policy/kinds.ts`; `document` is JSON as it was put, checked. Times of documents and schedules are our own.
 */
export const policySchema = `
CREATE TABLE policy_document (
  account TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  guid TEXT NOT NULL,
  document TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (account, kind, name)
) STRICT, WITHOUT ROWID;

-- Recurring scans that were asked for here. The state of each is that of its job, or of the job that ends it.
CREATE TABLE schedule (
  account TEXT NOT NULL,
  cluster TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  target TEXT NOT NULL,
  cron TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  job_id TEXT NOT NULL,
  ending_job_id TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account, cluster, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE registry_repository (
  account TEXT NOT NULL,
  registry TEXT NOT NULL,
  name TEXT NOT NULL,
  job_id TEXT,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (account, registry, name)
) STRICT, WITHOUT ROWID;
`;

export const historySchema = `
-- Sums over all images, the last of each hour.
CREATE TABLE image_score (
  cluster_id INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  hour INTEGER NOT NULL,
  at INTEGER NOT NULL,
  images INTEGER NOT NULL,
  critical INTEGER NOT NULL,
  high INTEGER NOT NULL,
  medium INTEGER NOT NULL,
  low INTEGER NOT NULL,
  negligible INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  fixable INTEGER NOT NULL,
  PRIMARY KEY (cluster_id, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE framework (
  cluster_id INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  version TEXT NOT NULL,
  compliance_score REAL,
  generated_at INTEGER NOT NULL,
  PRIMARY KEY (cluster_id, name)
) STRICT, WITHOUT ROWID;

-- exception_audit: JSON of what became of each exception. priority: JSON of the ways along attack tracks. change: JSON of what
-- appeared and disappeared with another vulnerability database.
ALTER TABLE posture_report ADD COLUMN exception_audit TEXT;
ALTER TABLE resource ADD COLUMN priority TEXT;
ALTER TABLE resource ADD COLUMN priority_score REAL;
CREATE INDEX resource_priority ON resource (cluster_id, priority_score DESC) WHERE priority_score IS NOT NULL;
ALTER TABLE image ADD COLUMN change TEXT;
`;
