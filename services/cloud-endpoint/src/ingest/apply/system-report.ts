import type { DatabaseSync } from 'node:sqlite';
import { parseWildWlid, parseWlid } from '@kso/domain';
import { rows } from '@kso/store';
import { notAfter } from '../formats/fields.ts';
import type { SystemReport } from '../formats/system-report.ts';
import type { ClusterRef, Clusters } from './clusters.ts';

/** Writes a step of a job. Steps may come in any order: the state is the one with the highest number, then the latest, then an end. */
export function createSystemReportApplier(sql: DatabaseSync, clusters: Clusters) {
  const ensure = sql.prepare(
    `INSERT INTO job (account, job_id, cluster_id, parent_id, action, reporter, target, status, errors, sequence, first_at, last_at)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '[]', ?9, ?10, ?10)
     ON CONFLICT (account, job_id) DO UPDATE SET
       cluster_id = coalesce(cluster_id, excluded.cluster_id),
       parent_id = coalesce(parent_id, excluded.parent_id),
       action = CASE WHEN action = '' THEN excluded.action ELSE action END,
       target = CASE WHEN target = '' THEN excluded.target ELSE target END,
       first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)
     RETURNING id, cluster_id`,
  );
  const addStep = sql.prepare(
    'INSERT OR IGNORE INTO job_step (job, sequence, at, status, details, errors) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const settle = sql.prepare(
    `UPDATE job SET (status, details, errors, sequence) = (
       SELECT status, details, errors, sequence FROM job_step WHERE job = ?1
       ORDER BY sequence DESC, at DESC, CASE status WHEN 'failure' THEN 3 WHEN 'done' THEN 2 WHEN 'success' THEN 1 ELSE 0 END DESC
       LIMIT 1)
     WHERE id = ?1`,
  );
  const clusterOfJob = sql.prepare(
    'SELECT c.id, c.name FROM job j JOIN cluster c ON c.id = j.cluster_id WHERE j.account = ? AND j.job_id = ?',
  );
  const onlyCluster = sql.prepare('SELECT id, name FROM cluster WHERE account = ? LIMIT 2');

  const known = (account: string, jobId: string): ClusterRef | undefined => toCluster(clusterOfJob.get(account, jobId));

  /** Reports name their cluster in the target at most; then the parent's counts, then the account's only one. */
  const clusterOf = (account: string, report: SystemReport, jobId: string, now: number): ClusterRef | undefined => {
    const named = clusterInTarget(report.target ?? '');
    if (named !== undefined) return clusters.touch(account, named, now);
    const related = known(account, jobId) ?? known(account, report.parentAction ?? '');
    if (related !== undefined) return related;
    const all = onlyCluster.all(account);
    return all.length === 1 ? toCluster(all[0]) : undefined;
  };

  return (account: string, report: SystemReport, bodyHash: string, now: number) => {
    // A sender without a job id takes our answer for it (kubevuln.md 10.10).
    const jobId = report.jobID || bodyHash.slice(0, 32);
    const cluster = clusterOf(account, report, jobId, now);
    const at = notAfter(now, report.timestamp);
    const sequence = report.numSeq ?? 0;
    const { action = '', reporter = '', target = '', status } = report;
    const parent = report.parentAction || null;
    const row = ensure.get(account, jobId, cluster?.id ?? null, parent, action, reporter, target, status, sequence, at);
    const job = rows.integer(row ?? {}, 'id');
    addStep.run(job, sequence, at, status, report.details ?? '', JSON.stringify(report.errors));
    settle.run(job);
    return {
      what: 'jobs' as const,
      jobId,
      answer: report.jobID ? 'ok' : jobId,
      ...(cluster === undefined ? {} : { cluster }),
    };
  };
}

function toCluster(row: rows.Row | undefined): ClusterRef | undefined {
  return row === undefined ? undefined : { id: rows.integer(row, 'id'), name: rows.text(row, 'name') };
}

function clusterInTarget(target: string): string | undefined {
  const wlid = /wlid:\/\/\S+/.exec(target)?.[0].replace(/,$/, '') ?? '';
  return parseWlid(wlid)?.cluster ?? parseWildWlid(wlid)?.cluster;
}
