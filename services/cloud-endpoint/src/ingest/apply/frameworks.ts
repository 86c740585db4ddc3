import type { DatabaseSync } from 'node:sqlite';
import type { FrameworkSummary } from '../formats/posture-report.ts';

/** Scores of frameworks, as the newest full report has them: those that it does not name were not asked for. */
export function createFrameworks(sql: DatabaseSync) {
  const upsert = sql.prepare(
    `INSERT INTO framework (cluster_id, name, status, version, compliance_score, generated_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (cluster_id, name) DO UPDATE SET
       status = excluded.status, version = excluded.version, compliance_score = excluded.compliance_score,
       generated_at = excluded.generated_at
     WHERE excluded.generated_at >= generated_at`,
  );
  const dropOlder = sql.prepare('DELETE FROM framework WHERE cluster_id = ? AND generated_at < ?');
  return {
    update(clusterId: number, generatedAt: number, frameworks: readonly FrameworkSummary[] = []): void {
      for (const { name, status, version, complianceScore } of frameworks)
        upsert.run(clusterId, name, status ?? '', version ?? '', complianceScore ?? null, generatedAt);
      if (frameworks.length > 0) dropOlder.run(clusterId, generatedAt);
    },
  };
}
