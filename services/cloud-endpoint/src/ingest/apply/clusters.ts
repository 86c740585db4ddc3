import type { DatabaseSync } from 'node:sqlite';
import { sanitizeClusterName } from '@kso/domain';
import { rows } from '@kso/store';

export interface ClusterRef {
  readonly id: number;
  readonly name: string;
}

export interface ClusterFacts {
  readonly provider?: string | undefined;
  readonly version?: string | undefined;
}

/** Finds or makes the cluster that a report names, and notes that it was heard of. */
export function createClusters(sql: DatabaseSync) {
  const touch = sql.prepare(
    `INSERT INTO cluster (account, name, provider, version, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (account, name) DO UPDATE SET
       provider = coalesce(excluded.provider, provider),
       version = coalesce(excluded.version, version),
       last_seen = max(last_seen, excluded.last_seen)
     RETURNING id`,
  );
  return {
    touch(account: string, name: string, now: number, facts: ClusterFacts = {}): ClusterRef {
      const clean = sanitizeClusterName(name) || 'unnamed';
      const row = touch.get(account, clean, facts.provider || null, facts.version || null, now, now);
      return { id: rows.integer(row ?? {}, 'id'), name: clean };
    },
  };
}

export type Clusters = ReturnType<typeof createClusters>;
