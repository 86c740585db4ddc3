import type { Database } from '../../database/database.ts';
import type { IngestOptions } from '../port.ts';

/** How long each kind of history is kept, in ms. */
export interface Retention {
  /** What failed or was fixed when. */
  readonly changesMs: number;
  /** Scores and counts, for trends. */
  readonly scoresMs: number;
  readonly jobsMs: number;
  /** Which reports came, in how many parts. */
  readonly reportsMs: number;
  /** Images of inventories that were not reported again. */
  readonly inventoryMs: number;
  /** How long a repeated report is recognised. */
  readonly receiptsMs: number;
}

/**
 * Removes history that is older than the retention. The latest state is never touched: not objects, findings and images, not the
 * newest report of each cluster, not the job that made a recurring scan which is still there.
 */
export function createPruner(database: Database, { retention }: IngestOptions): (now: number) => void {
  const statements = [
    ['changesMs', 'DELETE FROM posture_change WHERE at < ?'],
    ['changesMs', 'DELETE FROM vulnerability_change WHERE at < ?'],
    ['scoresMs', 'DELETE FROM score WHERE at < ?'],
    ['scoresMs', 'DELETE FROM image_score WHERE at < ?'],
    // Before the jobs: without the one that ended it, a recurring scan would be ending again.
    [
      'jobsMs',
      `DELETE FROM schedule WHERE created_at < ? AND EXISTS (
         SELECT 1 FROM job e WHERE e.account = schedule.account AND e.job_id = schedule.ending_job_id
           AND e.status IN ('done', 'success'))`,
    ],
    [
      'jobsMs',
      `DELETE FROM job WHERE last_at < ? AND NOT EXISTS (
         SELECT 1 FROM schedule s WHERE s.account = job.account AND s.job_id = job.job_id)`,
    ],
    [
      'reportsMs',
      `DELETE FROM posture_report WHERE generated_at < ? AND id NOT IN (SELECT id FROM (
         SELECT id, max(generated_at) FROM posture_report WHERE is_delta = 0 GROUP BY cluster_id))`,
    ],
    [
      'reportsMs',
      `DELETE FROM image_scan WHERE scanned_at < ? AND id NOT IN (SELECT id FROM (
         SELECT id, max(scanned_at) FROM image_scan GROUP BY image))`,
    ],
    ['reportsMs', 'DELETE FROM inventory_agent WHERE last_seen < ?'],
    ['inventoryMs', 'DELETE FROM inventory_image WHERE last_seen < ?'],
    ['receiptsMs', 'DELETE FROM receipt WHERE last_at < ?'],
  ] as const;
  const prepared = statements.map(([kind, statement]) => ({ kind, statement: database.sql.prepare(statement) }));

  return (now) =>
    database.transaction(() => {
      for (const { kind, statement } of prepared) statement.run(now - retention[kind]);
    });
}
