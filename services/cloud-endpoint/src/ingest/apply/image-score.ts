import type { DatabaseSync } from 'node:sqlite';

const hourMs = 3_600_000;

/** Keeps how many vulnerabilities all images of a cluster have together: the last state of each hour, for trends. */
export function createImageScores(sql: DatabaseSync) {
  const add = sql.prepare(
    `INSERT OR REPLACE INTO image_score
       (cluster_id, hour, at, images, critical, high, medium, low, negligible, unknown, fixable)
     SELECT ?1, ?2, ?3, count(*), total(critical), total(high), total(medium), total(low), total(negligible), total(unknown),
       total(fixable) FROM image WHERE cluster_id = ?1`,
  );
  return { add: (clusterId: number, at: number): void => void add.run(clusterId, Math.floor(at / hourMs), at) };
}
