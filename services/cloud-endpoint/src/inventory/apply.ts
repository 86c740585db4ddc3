import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { rows } from '@kso/store';
import type { Clusters } from '../ingest/apply/clusters.ts';
import type { AgentHealth, AgentRegistration, InventoryGap, ReportedInventory } from './formats.ts';

/** A clock may be ahead by this much: the parts of one report keep their common time. */
const maxAheadMs = 3_600_000;

/** Writes reports of inventories, registrations and health; inside of a transaction. */
export function createInventoryApplier(sql: DatabaseSync, clusters: Clusters) {
  return {
    inventory: createReportApplier(sql, clusters),
    register: createRegistrationApplier(sql),
    health: createHealthApplier(sql),
  };
}

function createReportApplier(sql: DatabaseSync, clusters: Clusters) {
  const known = sql.prepare('SELECT newest_at FROM inventory_report WHERE cluster_id = ? AND owner = ? AND type = ?');
  const note = sql.prepare(
    `INSERT INTO inventory_report (cluster_id, owner, type, newest_at, gaps) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET newest_at = excluded.newest_at, gaps = excluded.gaps`,
  );
  const seen = sql.prepare(
    `INSERT INTO inventory_image (cluster_id, owner, type, namespace, tag, digest, first_seen, last_seen)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)
     ON CONFLICT DO UPDATE SET
       first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)
     RETURNING id`,
  );
  const forgetUses = sql.prepare('DELETE FROM inventory_use WHERE image = ?');
  const use = sql.prepare('INSERT INTO inventory_use (image, node, containers) VALUES (?, ?, ?)');
  // What could not be read now was there when it could.
  const keep = sql.prepare(
    `UPDATE inventory_image SET last_seen = ?4
     WHERE cluster_id = ?1 AND owner = ?2 AND type = ?3 AND last_seen = ?5 AND (?6 IS NULL OR namespace = ?6)`,
  );

  return (account: string, owner: string, report: ReportedInventory, now: number) => {
    const at = report.madeAt === undefined || report.madeAt > now + maxAheadMs ? now : report.madeAt;
    const cluster = clusters.touch(account, report.cluster, now);
    const identity = [cluster.id, owner, report.type] as const;
    const row = known.get(...identity);
    const newest = row === undefined ? undefined : rows.integer(row, 'newest_at');
    const isNewest = newest === undefined || at >= newest;
    for (const { namespace, tag, digest, uses } of report.images) {
      const image = rows.integer(seen.get(...identity, namespace, tag, digest, at) ?? {}, 'id');
      if (!isNewest) continue;
      forgetUses.run(image);
      for (const [node, containers] of uses) use.run(image, node, containers);
    }
    if (isNewest) {
      for (const namespace of newest === undefined ? [] : unreadNamespaces(report.gaps))
        keep.run(...identity, at, newest ?? 0, namespace);
      note.run(...identity, at, JSON.stringify(report.gaps));
    }
    return { cluster, what: 'inventory' as const, answer: '{}' };
  };
}

/** Null stands for all of them. */
function unreadNamespaces(gaps: readonly InventoryGap[]): (string | null)[] {
  return gaps
    .filter(({ kind, reason }) => (kind === 'pods' || kind === 'namespaces') && reason !== 'vanished')
    .map(({ namespace }) => namespace ?? null);
}

function createRegistrationApplier(sql: DatabaseSync) {
  const put = sql.prepare(
    `INSERT INTO inventory_agent
       (uuid, account, registration_id, instance_id, name, version, cluster, registration, registered_at, last_seen)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)
     ON CONFLICT (account, registration_id, instance_id) DO UPDATE SET
       name = excluded.name, version = excluded.version, cluster = excluded.cluster,
       registration = excluded.registration, last_seen = excluded.last_seen
     RETURNING uuid`,
  );
  return (account: string, body: AgentRegistration, now: number) => {
    const { registration_id: id, registration_instance_id: instance, name, version, cluster_name: cluster } = body;
    const row = put.get(randomUUID(), account, id, instance, name, version, cluster, JSON.stringify(body), now);
    const answer = {
      ...body,
      uuid: rows.text(row ?? {}, 'uuid'),
      reported_status: { state: 'HEALTHY' },
      integration_status: { state: 'REGISTERED' },
      last_seen: new Date(now).toISOString(),
    };
    return { what: 'inventory' as const, answer: JSON.stringify(answer) };
  };
}

function createHealthApplier(sql: DatabaseSync) {
  const put = sql.prepare('UPDATE inventory_agent SET health = ?, last_seen = ? WHERE account = ? AND uuid = ?');
  /** Of a collector that is not registered nothing is kept; it learns so at its next registration. */
  return (account: string, uuid: string, body: AgentHealth, now: number) => {
    put.run(JSON.stringify(body), now, account, uuid);
    return { what: 'inventory' as const, answer: '{}' };
  };
}
