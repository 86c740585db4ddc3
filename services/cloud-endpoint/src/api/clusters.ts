import type { DatabaseSync } from 'node:sqlite';
import type { z } from 'zod';
import { severityOfRank } from '../severity.ts';
import type { Cluster, PostureState, Summary } from './model.ts';
import { counts, integer, isoTime, optional, optionalNumber, optionalTime, type Row, text } from './rows.ts';

export interface ClusterKey {
  readonly id: number;
  readonly account: string;
  readonly name: string;
}

const postureSums =
  'total(critical) AS critical, total(high) AS high, total(medium) AS medium, total(low) AS low, total(unknown) AS unknown';
const isNotEvaluated = 'failed_at IS NOT NULL AND failed_at > coalesce(scanned_at, 0)';

/** The clusters that were heard of, and the state of each in numbers. */
export function createClusterQueries(sql: DatabaseSync) {
  const all = sql.prepare('SELECT * FROM cluster WHERE account = ? ORDER BY name');
  const one = sql.prepare('SELECT * FROM cluster WHERE account = ? AND name = ?');
  const failures = sql.prepare(
    `SELECT count(evaluated_at) AS objects, total(weight > 0) AS failed, ${postureSums} FROM resource WHERE cluster_id = ?`,
  );
  const newestFull = sql.prepare(
    'SELECT * FROM posture_report WHERE cluster_id = ? AND is_delta = 0 ORDER BY generated_at DESC, id DESC LIMIT 1',
  );
  const newestScore = sql.prepare(
    'SELECT compliance_score FROM score WHERE cluster_id = ? AND compliance_score IS NOT NULL ORDER BY at DESC LIMIT 1',
  );
  const newestDelta = sql.prepare(
    'SELECT max(generated_at) AS at FROM posture_report WHERE cluster_id = ? AND is_delta = 1',
  );
  const failedControls = sql.prepare(
    `SELECT count(DISTINCT control_id) AS n FROM finding f JOIN resource r ON r.id = f.resource
     WHERE r.cluster_id = ? AND f.status = 'failed'`,
  );
  const skippedControls = sql.prepare(
    `SELECT control_id, name, severity, status, sub_status, info FROM control
     WHERE cluster_id = ? AND status = 'skipped' ORDER BY severity DESC, control_id`,
  );
  const images = sql.prepare(
    `SELECT count(*) AS total, total(${isNotEvaluated}) AS not_evaluated,
       total(NOT (${isNotEvaluated}) AND scanned_at IS NULL) AS incomplete,
       ${postureSums}, total(negligible) AS negligible, total(fixable) AS fixable
     FROM image WHERE cluster_id = ?`,
  );
  const databases = sql.prepare(
    `SELECT database_built, database_label, count(*) AS images FROM image
     WHERE cluster_id = ? AND scanned_at IS NOT NULL GROUP BY database_built, database_label ORDER BY database_built DESC`,
  );
  const namespaces = sql.prepare(
    `SELECT namespace FROM resource WHERE cluster_id = ?1 AND namespace <> ''
     UNION SELECT namespace FROM workload_image WHERE cluster_id = ?1 AND namespace <> '' ORDER BY namespace`,
  );
  const jobs = sql.prepare(
    `SELECT count(*) AS total, total(status = 'started') AS running, total(status = 'failure') AS failed FROM job WHERE cluster_id = ?`,
  );
  const receipts = sql.prepare(
    'SELECT count(*) AS reports, total(deliveries) AS deliveries FROM receipt WHERE cluster_id = ?',
  );

  const toCluster = (row: Row): z.output<typeof Cluster> => {
    const id = integer(row, 'id');
    const image = images.get(id) ?? {};
    return {
      name: text(row, 'name'),
      account: text(row, 'account'),
      ...optional(row, 'provider', 'provider'),
      ...optional(row, 'version', 'version'),
      firstSeen: isoTime(row, 'first_seen'),
      lastSeen: isoTime(row, 'last_seen'),
      ...optionalNumber(newestScore.get(id) ?? {}, 'compliance_score', 'complianceScore'),
      failures: counts(failures.get(id) ?? {}),
      images: integer(image, 'total'),
      notEvaluatedImages: integer(image, 'not_evaluated'),
      vulnerabilities: counts(image),
    };
  };

  const toPosture = (id: number): z.output<typeof PostureState> | undefined => {
    const report = newestFull.get(id);
    if (report === undefined) return undefined;
    const objects = failures.get(id) ?? {};
    return {
      reportGuid: text(report, 'guid'),
      ...optional(report, 'job_id', 'jobId'),
      generatedAt: isoTime(report, 'generated_at'),
      ...optional(report, 'target', 'target'),
      isComplete: integer(report, 'is_complete') === 1,
      partsReceived: integer(report, 'parts'),
      ...(report['last_part'] === null ? {} : { partsExpected: integer(report, 'last_part') + 1 }),
      ...optionalNumber(newestScore.get(id) ?? {}, 'compliance_score', 'complianceScore'),
      ...optionalTime(newestDelta.get(id) ?? {}, 'at', 'lastChange'),
      objects: integer(objects, 'objects'),
      failedObjects: integer(objects, 'failed'),
      failures: counts(objects),
      failedControls: integer(failedControls.get(id) ?? {}, 'n'),
      notEvaluatedControls: skippedControls.all(id).map((row) => toControl(row)),
      unreadableKinds: unreadableKinds(report),
    };
  };

  return {
    posture: toPosture,
    list: (account: string) => all.all(account).map((row) => toCluster(row)),
    find(account: string, name: string): ClusterKey | undefined {
      const row = one.get(account, name);
      return row === undefined ? undefined : { id: integer(row, 'id'), account, name };
    },
    summary({ id, account, name }: ClusterKey): z.output<typeof Summary> {
      const image = images.get(id) ?? {};
      const job = jobs.get(id) ?? {};
      const receipt = receipts.get(id) ?? {};
      const posture = toPosture(id);
      const notScanned = integer(image, 'not_evaluated') + integer(image, 'incomplete');
      return {
        cluster: toCluster(one.get(account, name) ?? {}),
        ...(posture === undefined ? {} : { posture }),
        images: {
          total: integer(image, 'total'),
          scanned: integer(image, 'total') - notScanned,
          notEvaluated: integer(image, 'not_evaluated'),
          incomplete: integer(image, 'incomplete'),
          vulnerabilities: counts(image),
          fixable: integer(image, 'fixable'),
          databases: databases.all(id).map((row) => ({
            ...optional(row, 'database_built', 'built'),
            ...optional(row, 'database_label', 'label'),
            images: integer(row, 'images'),
          })),
        },
        namespaces: namespaces.all(id).map((row) => text(row, 'namespace')),
        jobs: { total: integer(job, 'total'), running: integer(job, 'running'), failed: integer(job, 'failed') },
        receipts: { reports: integer(receipt, 'reports'), deliveries: integer(receipt, 'deliveries') },
      };
    },
  };
}

export function toControl(row: Row) {
  return {
    controlId: text(row, 'control_id'),
    name: text(row, 'name'),
    severity: severityOfRank(integer(row, 'severity')),
    status: text(row, 'status'),
    ...optional(row, 'sub_status', 'subStatus'),
    ...optional(row, 'info', 'info'),
  };
}

/** We have written this JSON ourselves, from a checked report. */
function unreadableKinds(report: Row): { kind: string; error: string }[] {
  if (report['coverage'] === null) return [];
  const coverage = JSON.parse(text(report, 'coverage')) as { failedGVRPulls?: { gvr?: string; error?: string }[] };
  return (coverage.failedGVRPulls ?? []).map(({ gvr = '', error = '' }) => ({ kind: gvr, error }));
}
