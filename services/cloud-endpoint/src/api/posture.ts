import type { DatabaseSync } from 'node:sqlite';
import type { z } from 'zod';
import type { ExceptionAudit, PrioritizedResource, ScanCoverage } from '../ingest/formats/posture-report.ts';
import { toControl } from './clusters.ts';
import type { Posture, PostureState, Priority } from './model.ts';
import { integer, optionalNumber, type Row, text } from './rows.ts';

const mostPrioritized = 20;

/** The configuration of a cluster by control and framework, and what scans say about themselves. JSON columns are our own writing. */
export function createPostureQueries(sql: DatabaseSync) {
  const frameworks = sql.prepare('SELECT * FROM framework WHERE cluster_id = ? ORDER BY name');
  const controls = sql.prepare(
    `SELECT c.*, coalesce(n.failed, 0) AS failed, coalesce(n.accepted, 0) AS accepted, coalesce(n.skipped, 0) AS skipped
     FROM control c LEFT JOIN (
       SELECT f.control_id, total(f.status = 'failed') AS failed, total(f.status = 'passed') AS accepted,
         total(f.status NOT IN ('failed', 'passed')) AS skipped
       FROM finding f JOIN resource r ON r.id = f.resource WHERE r.cluster_id = ?1 GROUP BY f.control_id) n
       ON n.control_id = c.control_id
     WHERE c.cluster_id = ?1 ORDER BY failed > 0 DESC, c.severity DESC, failed DESC, c.control_id`,
  );
  const prioritized = sql.prepare(
    `SELECT * FROM resource WHERE cluster_id = ? AND priority_score IS NOT NULL ORDER BY priority_score DESC, id LIMIT ${mostPrioritized}`,
  );
  const newest = (column: 'coverage' | 'exception_audit') =>
    sql.prepare(
      `SELECT ${column} FROM posture_report WHERE cluster_id = ? AND is_delta = 0 AND ${column} IS NOT NULL
       ORDER BY generated_at DESC, id DESC LIMIT 1`,
    );
  const coverage = newest('coverage');
  const audit = newest('exception_audit');

  const read = (row: Row | undefined, column: string): unknown =>
    row === undefined ? undefined : JSON.parse(text(row, column));

  return {
    read(id: number, state: z.output<typeof PostureState> | undefined): z.output<typeof Posture> {
      const { notEvaluatedControls: _, ...shown } = state ?? { notEvaluatedControls: [] };
      return {
        ...(state === undefined ? {} : { state: shown as Omit<typeof state, 'notEvaluatedControls'> }),
        frameworks: frameworks.all(id).map((row) => ({
          name: text(row, 'name'),
          status: text(row, 'status'),
          version: text(row, 'version'),
          ...optionalNumber(row, 'compliance_score', 'complianceScore'),
        })),
        controls: controls.all(id).map((row) => ({
          ...toControl(row),
          failedObjects: integer(row, 'failed'),
          acceptedObjects: integer(row, 'accepted'),
          skippedObjects: integer(row, 'skipped'),
        })),
        prioritized: prioritized.all(id).flatMap((row) => {
          const { priority } = priorityOf(row);
          if (priority === undefined) return [];
          const [kind, namespace, name] = [text(row, 'kind'), text(row, 'namespace'), text(row, 'name')];
          return [{ id: text(row, 'resource_id'), kind, namespace, name, priority }];
        }),
        exceptions: ((read(audit.get(id), 'exception_audit') as ExceptionAudit | undefined)?.exceptions ?? []).map(
          toException,
        ),
        degradations: (
          (read(coverage.get(id), 'coverage') as Partial<ScanCoverage> | undefined)?.policyDegradations ?? []
        ).map(({ component = '', reason = '' }) => ({ component, reason })),
      };
    },
  };
}

export function priorityOf(row: Row): { priority?: z.output<typeof Priority> } {
  if (typeof row['priority'] !== 'string') return {};
  const { score, priorityVector } = JSON.parse(row['priority']) as PrioritizedResource;
  const paths = priorityVector.map(({ attackTrackName = '', score: own = 0, vector }) => ({
    attackTrack: attackTrackName,
    score: own,
    steps: vector.map(({ controlID, category = '' }) => ({ controlId: controlID, category })),
  }));
  return { priority: { score, paths } };
}

function toException({ id, source, status, resources, findings, problem }: ExceptionAudit['exceptions'][number]) {
  const count = (value: number | undefined) => Math.max(0, Math.trunc(value ?? 0));
  return {
    id: id ?? '',
    source: source ?? '',
    status: status ?? '',
    resources: count(resources),
    findings: count(findings),
    ...(problem ? { problem } : {}),
  };
}
