import type { DatabaseSync } from 'node:sqlite';
import type { z } from 'zod';
import type { FindingDetail } from '../ingest/apply/finding-detail.ts';
import type { ClusterKey } from './clusters.ts';
import { toControl } from './clusters.ts';
import type { Workload } from './model.ts';
import { priorityOf } from './posture.ts';
import { containing, decodeCursor, encodeCursor, type WorkloadQuery } from './query.ts';
import { counts, integer, isoTime, optional, type Row, text, toPage } from './rows.ts';

/** Objects with the controls that they fail, the worst first. */
export function createWorkloadQueries(sql: DatabaseSync) {
  const list = sql.prepare(
    `SELECT * FROM resource r WHERE cluster_id = ?1 AND evaluated_at IS NOT NULL
       AND (weight < ?2 OR (weight = ?2 AND id > ?3))
       AND (?4 IS NULL OR namespace = ?4)
       AND (?5 IS NULL OR kind = ?5 COLLATE NOCASE)
       AND (?6 IS NULL OR (?6 <= 5 AND critical > 0) OR (?6 <= 4 AND high > 0) OR (?6 <= 3 AND medium > 0)
         OR (?6 <= 2 AND low > 0) OR (?6 <= 0 AND unknown > 0))
       AND (?7 = 'all' OR (?7 = 'failed' AND weight > 0) OR (?7 = 'notEvaluated' AND not_evaluated > 0))
       AND (?8 IS NULL OR resource_id LIKE ?8 ESCAPE '\\' OR source LIKE ?8 ESCAPE '\\' OR EXISTS (
         SELECT 1 FROM finding f WHERE f.resource = r.id AND (f.control_id LIKE ?8 ESCAPE '\\' OR f.name LIKE ?8 ESCAPE '\\')))
     ORDER BY weight DESC, id LIMIT ?9`,
  );
  const findings = sql.prepare(
    `SELECT * FROM finding WHERE resource = ? ORDER BY CASE status WHEN 'failed' THEN 0 WHEN 'skipped' THEN 1 ELSE 2 END, severity DESC, control_id`,
  );
  const images = sql.prepare(
    `SELECT w.container, i.* FROM workload_image w JOIN image i ON i.id = w.image
     WHERE w.cluster_id = ? AND w.namespace = ? AND w.kind = ? AND w.name = ? ORDER BY w.container`,
  );

  const toWorkload = (clusterId: number, row: Row): z.output<typeof Workload> => {
    const [kind, namespace, name] = [text(row, 'kind'), text(row, 'namespace'), text(row, 'name')];
    return {
      id: text(row, 'resource_id'),
      apiVersion: text(row, 'api_version'),
      kind,
      namespace,
      name,
      ...optional(row, 'source', 'source'),
      evaluatedAt: isoTime(row, 'evaluated_at'),
      failures: counts(row),
      notEvaluated: integer(row, 'not_evaluated'),
      passed: JSON.parse(text(row, 'passed')) as string[],
      controls: findings.all(integer(row, 'id')).map((finding) => ({
        ...toControl(finding),
        ...detailOf(finding),
        firstSeen: isoTime(finding, 'first_seen'),
        lastSeen: isoTime(finding, 'last_seen'),
      })),
      ...priorityOf(row),
      images: images.all(clusterId, namespace, kind.toLowerCase(), name).map((image) => ({
        container: text(image, 'container'),
        key: text(image, 'key'),
        reference: text(image, 'reference'),
        vulnerabilities: counts(image),
      })),
    };
  };

  return {
    list(cluster: ClusterKey, query: z.output<typeof WorkloadQuery>) {
      const [weight = 0, id = 0] = decodeCursor(query.after, [Number.MAX_SAFE_INTEGER, 0]);
      const found = list.all(
        cluster.id,
        weight,
        id,
        query.namespace ?? null,
        query.kind ?? null,
        query.severity ?? null,
        query.status,
        containing(query.text),
        query.limit + 1,
      );
      const cursor = (row: Row) => encodeCursor([integer(row, 'weight'), integer(row, 'id')]);
      return toPage(found, query.limit, (row) => toWorkload(cluster.id, row), cursor);
    },
  };
}

export type WorkloadQueries = ReturnType<typeof createWorkloadQueries>;

/** Findings of a report that came before exceptions were kept have none. */
function detailOf(finding: Row): FindingDetail {
  return {
    exceptions: [],
    ...(JSON.parse(text(finding, 'detail')) as Partial<FindingDetail> & Omit<FindingDetail, 'exceptions'>),
  };
}
