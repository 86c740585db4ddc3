import type { Database } from '../../database/database.ts';
import type { IngestOptions } from '../port.ts';

/**
 * Removes history that is older than the retention. The latest state is never touched: not objects, findings and images, not the
 * newest report of each cluster.
 */
export function createPruner(database: Database, options: IngestOptions): (now: number) => void {
  const history = [
    'DELETE FROM posture_change WHERE at < ?',
    'DELETE FROM vulnerability_change WHERE at < ?',
    'DELETE FROM score WHERE at < ?',
    'DELETE FROM job WHERE last_at < ?',
    `DELETE FROM posture_report WHERE generated_at < ? AND id NOT IN (SELECT id FROM (
       SELECT id, max(generated_at) FROM posture_report WHERE is_delta = 0 GROUP BY cluster_id))`,
    `DELETE FROM image_scan WHERE scanned_at < ? AND id NOT IN (SELECT id FROM (
       SELECT id, max(scanned_at) FROM image_scan GROUP BY image))`,
  ].map((statement) => database.sql.prepare(statement));
  const receipts = database.sql.prepare('DELETE FROM receipt WHERE last_at < ?');

  return (now) =>
    database.transaction(() => {
      for (const statement of history) statement.run(now - options.historyMs);
      receipts.run(now - options.receiptsMs);
    });
}
