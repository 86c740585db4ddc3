import type { DatabaseSync } from 'node:sqlite';
import type { z } from 'zod';
import type { ClusterKey } from './clusters.ts';
import type { Job, JobStep, Receipt } from './model.ts';
import { decodeCursor, encodeCursor, type JobQuery, type ReceiptQuery } from './query.ts';
import { integer, isoTime, optional, type Row, text, toPage } from './rows.ts';

/** What happened: the job log, the newest first, and the receipts of what senders delivered, the oldest first. */
export function createJobQueries(sql: DatabaseSync) {
  const jobs = sql.prepare(
    `SELECT j.*, count(c.id) AS children, total(c.status = 'failure') AS failed_children
     FROM job j LEFT JOIN job c ON c.account = j.account AND c.parent_id = j.job_id
     WHERE j.cluster_id = ?1 AND (?2 IS NULL OR j.parent_id = ?2) AND (j.first_at, j.id) < (?3, ?4)
     GROUP BY j.id ORDER BY j.first_at DESC, j.id DESC LIMIT ?5`,
  );
  const steps = sql.prepare(
    `SELECT s.* FROM job_step s JOIN job j ON j.id = s.job WHERE j.cluster_id = ? AND j.job_id = ? ORDER BY s.sequence, s.at LIMIT 500`,
  );
  const receipts = sql.prepare(
    'SELECT * FROM receipt WHERE cluster_id = ?1 AND id > ?2 AND (?3 IS NULL OR route = ?3) ORDER BY id LIMIT ?4',
  );
  const end = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];

  return {
    list(cluster: ClusterKey, query: z.output<typeof JobQuery>) {
      const [at = 0, id = 0] = decodeCursor(query.after, end);
      const found = jobs.all(cluster.id, query.parent ?? null, at, id, query.limit + 1);
      return toPage(found, query.limit, toJob, (row) => encodeCursor([integer(row, 'first_at'), integer(row, 'id')]));
    },
    steps: (cluster: ClusterKey, jobId: string) => steps.all(cluster.id, jobId).map((row) => toStep(row)),
    receipts(cluster: ClusterKey, query: z.output<typeof ReceiptQuery>) {
      const [id = 0] = decodeCursor(query.after, [0]);
      const found = receipts.all(cluster.id, id, query.route ?? null, query.limit + 1);
      return toPage(found, query.limit, toReceipt, (row) => encodeCursor([integer(row, 'id')]));
    },
  };
}

function toJob(row: Row): z.output<typeof Job> {
  return {
    jobId: text(row, 'job_id'),
    ...optional(row, 'parent_id', 'parentId'),
    action: text(row, 'action'),
    reporter: text(row, 'reporter'),
    target: text(row, 'target'),
    status: text(row, 'status'),
    ...(row['details'] === '' ? {} : optional(row, 'details', 'details')),
    errors: JSON.parse(text(row, 'errors')) as string[],
    firstAt: isoTime(row, 'first_at'),
    lastAt: isoTime(row, 'last_at'),
    children: integer(row, 'children'),
    failedChildren: integer(row, 'failed_children'),
  };
}

function toStep(row: Row): z.output<typeof JobStep> {
  return {
    sequence: integer(row, 'sequence'),
    at: isoTime(row, 'at'),
    status: text(row, 'status'),
    details: text(row, 'details'),
    errors: JSON.parse(text(row, 'errors')) as string[],
  };
}

function toReceipt(row: Row): z.output<typeof Receipt> {
  return {
    idempotencyKey: text(row, 'idempotency_key'),
    route: text(row, 'route'),
    ...optional(row, 'job_id', 'jobId'),
    bytes: integer(row, 'bytes'),
    deliveries: integer(row, 'deliveries'),
    firstAt: isoTime(row, 'first_at'),
    lastAt: isoTime(row, 'last_at'),
  };
}
