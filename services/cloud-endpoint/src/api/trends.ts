import type { DatabaseSync } from 'node:sqlite';
import type { z } from 'zod';
import type { ClusterKey } from './clusters.ts';
import type { Trends } from './model.ts';
import type { TrendQuery } from './query.ts';
import { counts, integer, isoTime, optionalNumber } from './rows.ts';

const stepMs = { hour: 3_600_000, day: 86_400_000 };
const defaultSteps = 90;
/** Answers stay small: a longer range is cut at its beginning. */
const maxSteps = 1000;

/** How scores and counts went: of each step (UTC) the last that was known in it; steps without news are left out. */
export function createTrendQueries(sql: DatabaseSync) {
  // Numbers come as REAL, and the quotient has to be a whole one. With max(at), SQLite takes the other columns from that row. A report of single objects has no score: the one before goes on.
  const posture = sql.prepare(
    `SELECT last.*, (SELECT s.compliance_score FROM score s
         WHERE s.cluster_id = ?1 AND s.at <= last.at AND s.compliance_score IS NOT NULL ORDER BY s.at DESC LIMIT 1) AS score
     FROM (SELECT max(at) AS at, critical, high, medium, low FROM score
         WHERE cluster_id = ?1 AND at >= ?2 AND at <= ?3 GROUP BY at / CAST(?4 AS INTEGER)) last ORDER BY last.at`,
  );
  const vulnerabilities = sql.prepare(
    `SELECT max(at) AS at, images, fixable, critical, high, medium, low, negligible, unknown FROM image_score
     WHERE cluster_id = ?1 AND at >= ?2 AND at <= ?3 GROUP BY at / CAST(?4 AS INTEGER) ORDER BY at`,
  );
  return {
    read({ id }: ClusterKey, query: z.output<typeof TrendQuery>, now: number): z.output<typeof Trends> {
      const step = stepMs[query.step];
      const to = query.to ?? now;
      const from = Math.max(query.from ?? to - defaultSteps * step, to - maxSteps * step);
      return {
        step: query.step,
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
        posture: posture.all(id, from, to, step).map((row) => ({
          at: isoTime(row, 'at'),
          ...optionalNumber(row, 'score', 'complianceScore'),
          failures: counts(row),
        })),
        vulnerabilities: vulnerabilities.all(id, from, to, step).map((row) => ({
          at: isoTime(row, 'at'),
          images: integer(row, 'images'),
          fixable: integer(row, 'fixable'),
          counts: counts(row),
        })),
      };
    },
  };
}
