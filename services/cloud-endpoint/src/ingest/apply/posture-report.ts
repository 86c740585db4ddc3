import type { DatabaseSync } from 'node:sqlite';
import { rows } from '@kso/store';
import { notAfter } from '../formats/fields.ts';
import type { PostureReport, Resource } from '../formats/posture-report.ts';
import type { Clusters } from './clusters.ts';
import { createControls } from './controls.ts';
import { createFrameworks } from './frameworks.ts';
import { createParts, type PartState } from './parts.ts';
import { createResources, type Evaluation } from './resources.ts';

/**
 * Writes one part of a posture report. Parts may come in any order and older reports after newer ones: what a newer report said of an
 * object stands. When a full report is complete, objects that it does not name are gone.
 */
export function createPostureApplier(sql: DatabaseSync, clusters: Clusters) {
  const resources = createResources(sql);
  const controls = createControls(sql);
  const frameworks = createFrameworks(sql);
  const parts = createParts(sql, { report: 'posture_report', part: 'posture_part', key: 'report_id' });
  const upsertReport = sql.prepare(
    `INSERT INTO posture_report
     (cluster_id, guid, is_delta, generated_at, received_at, job_id, target, parts, is_complete, compliance_score, coverage, exception_audit)
     VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?)
     ON CONFLICT (cluster_id, guid) DO UPDATE SET
       compliance_score = coalesce(excluded.compliance_score, compliance_score), coverage = coalesce(excluded.coverage, coverage),
       exception_audit = coalesce(excluded.exception_audit, exception_audit)
     RETURNING id, generated_at`,
  );
  const newestFull = sql.prepare(
    'SELECT max(generated_at) AS at FROM posture_report WHERE cluster_id = ? AND is_complete = 1 AND is_delta = 0',
  );
  const addScore = sql.prepare(
    `INSERT OR REPLACE INTO score (cluster_id, at, compliance_score, critical, high, medium, low)
     SELECT ?, ?, ?, total(critical), total(high), total(medium), total(low) FROM resource WHERE cluster_id = ?`,
  );

  /** All parts of a report count as made when the first of them was. */
  const writeReport = (clusterId: number, report: PostureReport, now: number): PartState & { generatedAt: number } => {
    const row = upsertReport.get(
      clusterId,
      report.reportGUID,
      report.delta === undefined ? 0 : 1,
      notAfter(now, report.generationTime),
      now,
      report.jobID ?? null,
      targetOf(report) ?? null,
      report.summaryDetails?.complianceScore ?? null,
      report.scanCoverage === undefined ? null : JSON.stringify(report.scanCoverage),
      report.exceptionAudit === undefined ? null : JSON.stringify(report.exceptionAudit),
    );
    const state = parts.add(rows.integer(row ?? {}, 'id'), report.paginationInfo);
    return { ...state, generatedAt: rows.integer(row ?? {}, 'generated_at') };
  };

  const writeObjects = (clusterId: number, report: PostureReport, evaluation: Evaluation): void => {
    const named = new Map<string, Resource>(report.resources.map((resource) => [resource.resourceID, resource]));
    for (const resource of report.resources) resources.mention(clusterId, resource, evaluation.generatedAt);
    for (const result of report.results) {
      const resource = result.rawResource ?? named.get(result.resourceID);
      resources.evaluate(
        clusterId,
        { object: undefined, source: undefined, ...resource, resourceID: result.resourceID },
        result,
        evaluation,
      );
    }
    for (const id of report.delta?.deletedResourceIDs ?? []) resources.remove(clusterId, id, evaluation.generatedAt);
  };

  return (account: string, report: PostureReport, now: number) => {
    const cluster = clusters.touch(account, report.clusterName, now, {
      provider: report.clusterCloudProvider,
      version: report.clusterAPIServerInfo?.gitVersion,
    });
    const { generatedAt, ...state } = writeReport(cluster.id, report, now);
    const isFull = report.delta === undefined;
    const catalogue = controls.update(cluster.id, report.summaryDetails?.controls ?? {}, { generatedAt, isFull });

    if (isFull) frameworks.update(cluster.id, generatedAt, report.summaryDetails?.frameworks);

    // A part that comes after a newer report is complete says nothing that counts, and would bring back objects that are gone.
    if (generatedAt >= Number(newestFull.get(cluster.id)?.['at'] ?? 0)) {
      writeObjects(cluster.id, report, { catalogue, generatedAt });
      if (state.becameComplete) {
        if (isFull) resources.removeUnmentioned(cluster.id, generatedAt);
        addScore.run(cluster.id, generatedAt, scoreOf(report), cluster.id);
      }
    }
    return { cluster, what: 'posture' as const, ...(report.jobID ? { jobId: report.jobID } : {}) };
  };
}

/** A report of single objects has no score of the cluster. */
function scoreOf({ delta, summaryDetails }: PostureReport): number | null {
  return delta === undefined ? (summaryDetails?.complianceScore ?? null) : null;
}

function targetOf(report: PostureReport): string | undefined {
  const target = report.metadata?.targetMetadata;
  return target?.directoryContextMetadata?.basePath ?? target?.clusterContextMetadata?.contextName;
}
