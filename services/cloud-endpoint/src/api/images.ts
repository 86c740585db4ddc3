import type { DatabaseSync } from 'node:sqlite';
import type { z } from 'zod';
import type { FindingsChange } from '../ingest/formats/container-scan.ts';
import { severityOfRank } from '../severity.ts';
import type { ClusterKey } from './clusters.ts';
import type { Image, Vulnerability } from './model.ts';
import { containing, decodeCursor, encodeCursor, type ImageQuery, type VulnerabilityQuery } from './query.ts';
import { counts, integer, isoTime, optional, optionalNumber, optionalTime, type Row, text, toPage } from './rows.ts';

const state = `CASE WHEN failed_at IS NOT NULL AND failed_at > coalesce(scanned_at, 0) THEN 'notEvaluated'
  WHEN scanned_at IS NULL THEN 'incomplete' ELSE 'scanned' END`;

/** Images of a cluster, the worst first and those that could not be evaluated before clean ones, and their findings. */
export function createImageQueries(sql: DatabaseSync) {
  const list = sql.prepare(
    `SELECT * FROM (SELECT *, ${state} AS state, weight * 2 + (${state} <> 'scanned') AS rank FROM image WHERE cluster_id = ?1) i
     WHERE (rank < ?2 OR (rank = ?2 AND id > ?3))
       AND (?4 IS NULL OR EXISTS (SELECT 1 FROM workload_image w WHERE w.image = i.id AND w.namespace = ?4))
       AND (?5 IS NULL OR (?5 <= 5 AND critical > 0) OR (?5 <= 4 AND high > 0) OR (?5 <= 3 AND medium > 0)
         OR (?5 <= 2 AND low > 0) OR (?5 <= 1 AND negligible > 0) OR (?5 <= 0 AND unknown > 0))
       AND (?6 IS NULL OR state = ?6)
       AND (?7 IS NULL OR reference LIKE ?7 ESCAPE '\\' OR key LIKE ?7 ESCAPE '\\')
     ORDER BY rank DESC, id LIMIT ?8`,
  );
  const workloads = sql.prepare(
    'SELECT namespace, kind, name, container FROM workload_image WHERE image = ? ORDER BY namespace, kind, name, container',
  );
  const vulnerabilities = sql.prepare(
    `SELECT v.*, i.key, i.reference, a.description, a.link FROM vulnerability v
     JOIN image i ON i.id = v.image LEFT JOIN advisory a ON a.name = v.name
     WHERE i.cluster_id = ?1
       AND (-v.severity, v.name, v.package, v.version, v.image) > (?2, ?3, ?4, ?5, ?6)
       AND (?7 IS NULL OR i.key = ?7)
       AND (?8 IS NULL OR v.severity >= ?8)
       AND (?9 = 0 OR v.fixed_in <> '')
       AND (?10 IS NULL OR v.name LIKE ?10 ESCAPE '\\' OR v.package LIKE ?10 ESCAPE '\\')
     ORDER BY -v.severity, v.name, v.package, v.version, v.image LIMIT ?11`,
  );

  const toImage = (row: Row): z.output<typeof Image> => ({
    key: text(row, 'key'),
    reference: text(row, 'reference'),
    hash: text(row, 'hash'),
    state: text(row, 'state') as z.output<typeof Image>['state'],
    ...optional(row, 'platform', 'platform'),
    ...optionalNumber(row, 'size', 'size'),
    ...optionalTime(row, 'scanned_at', 'scannedAt'),
    ...failureOf(row),
    ...(row['database_built'] === null && row['database_label'] === null
      ? {}
      : { database: { ...optional(row, 'database_built', 'built'), ...optional(row, 'database_label', 'label') } }),
    ...optional(row, 'alert', 'alert'),
    ...changeOf(row),
    vulnerabilities: counts(row),
    fixable: integer(row, 'fixable'),
    workloads: workloads.all(integer(row, 'id')).map((workload) => ({
      namespace: text(workload, 'namespace'),
      kind: text(workload, 'kind'),
      name: text(workload, 'name'),
      container: text(workload, 'container'),
    })),
  });

  return {
    list(cluster: ClusterKey, query: z.output<typeof ImageQuery>) {
      const [rank = 0, id = 0] = decodeCursor(query.after, [Number.MAX_SAFE_INTEGER, 0]);
      const filters = [query.namespace ?? null, query.severity ?? null, query.state ?? null, containing(query.text)];
      const found = list.all(cluster.id, rank, id, ...filters, query.limit + 1);
      return toPage(found, query.limit, toImage, (row) => encodeCursor([integer(row, 'rank'), integer(row, 'id')]));
    },
    vulnerabilities(cluster: ClusterKey, query: z.output<typeof VulnerabilityQuery>) {
      const after = decodeCursor(query.after, [Number.MIN_SAFE_INTEGER, '', '', '', 0]);
      const filters = [query.image ?? null, query.severity ?? null, query.fixable ? 1 : 0, containing(query.text)];
      const found = vulnerabilities.all(cluster.id, ...after, ...filters, query.limit + 1);
      const cursor = (row: Row) =>
        encodeCursor([
          -integer(row, 'severity'),
          text(row, 'name'),
          text(row, 'package'),
          text(row, 'version'),
          integer(row, 'image'),
        ]);
      return toPage(found, query.limit, toVulnerability, cursor);
    },
  };
}

export type ImageQueries = ReturnType<typeof createImageQueries>;

/** We have written this JSON ourselves, from a checked report. */
function changeOf(row: Row): Pick<z.output<typeof Image>, 'change'> {
  if (typeof row['change'] !== 'string') return {};
  const { since, appeared, disappeared } = JSON.parse(row['change']) as FindingsChange;
  if (appeared.total + disappeared.total === 0) return {};
  const part = ({ total, first }: FindingsChange['appeared']) => ({
    total,
    first: first.map(({ id, package: name = '', version = '' }) => ({ name: id, package: name, version })),
  });
  const built = since?.databaseBuilt;
  return {
    change: { ...(built ? { since: built } : {}), appeared: part(appeared), disappeared: part(disappeared) },
  };
}

function failureOf(row: Row): Pick<z.output<typeof Image>, 'failure'> {
  if (row['state'] !== 'notEvaluated') return {};
  return {
    failure: {
      at: isoTime(row, 'failed_at'),
      reason: text(row, 'failure_reason'),
      ...optionalNumber(row, 'failure_case', 'case'),
      ...optional(row, 'failure_error', 'error'),
    },
  };
}

function toVulnerability(row: Row): z.output<typeof Vulnerability> {
  return {
    name: text(row, 'name'),
    severity: severityOfRank(integer(row, 'severity')),
    package: text(row, 'package'),
    version: text(row, 'version'),
    packageType: text(row, 'package_type'),
    fixState: text(row, 'fix_state'),
    fixedIn: text(row, 'fixed_in'),
    isAccepted: integer(row, 'is_accepted') === 1,
    description: String(row['description'] ?? ''),
    link: String(row['link'] ?? ''),
    image: { key: text(row, 'key'), reference: text(row, 'reference') },
    firstSeen: isoTime(row, 'first_seen'),
  };
}
