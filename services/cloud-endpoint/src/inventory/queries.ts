import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { ClusterKey } from '../api/clusters.ts';
import { containing, decodeCursor, encodeCursor, PageQuery } from '../api/query.ts';
import { integer, isoTime, type Row, text, toPage } from '../api/rows.ts';

const name = z
  .string()
  .trim()
  .max(253)
  .transform((value) => value || undefined)
  .optional();
export const InventoryQuery = PageQuery.extend({ namespace: name, node: name, text: name });

const time = z.iso.datetime();

export const InventoryImage = z.strictObject({
  namespace: z.string(),
  image: z.string().describe('with its tag'),
  digest: z.string().optional(),
  account: z.string().optional().describe('that the sender named'),
  inventoryType: z.string(),
  containers: z.int().describe('0 when the report did not say'),
  nodes: z.array(z.strictObject({ name: z.string(), containers: z.int() })),
  firstSeen: time,
  lastSeen: time,
});

export const Inventory = z.strictObject({
  reportedAt: time.optional().describe('newest report'),
  gaps: z
    .array(
      z.strictObject({
        kind: z.string(),
        namespace: z.string().optional(),
        reason: z.string(),
        detail: z.string().optional(),
      }),
    )
    .describe('what the newest report could not hold; images of those namespaces are as they were'),
  items: z.array(InventoryImage),
  next: z.string().optional(),
});

export const InventoryAgents = z.strictObject({
  items: z.array(
    z.strictObject({
      uuid: z.string(),
      name: z.string(),
      version: z.string(),
      cluster: z.string(),
      registeredAt: time,
      lastSeen: time,
      health: z.record(z.string(), z.unknown()).optional().describe('its last health report'),
    }),
  ),
});

/** Days after which an image that is not reported is gone; −1: as soon as the newest report does not hold it. */
export type ImageTtlDays = number;

// Boundary: exactly that many days ago is still in use.
const inUse = `CASE WHEN :ttl < 0 THEN i.last_seen = r.newest_at ELSE :now - i.last_seen <= :ttl * 86400000 END`;
const joinedReport =
  'inventory_image i JOIN inventory_report r ON r.cluster_id = i.cluster_id AND r.owner = i.owner AND r.type = i.type';
const uses =
  "(SELECT json_group_array(json_object('name', u.node, 'containers', u.containers)) FROM inventory_use u WHERE u.image = i.id)";

/** What runs, as reported. */
export function createInventoryQueries(sql: DatabaseSync, ttl: ImageTtlDays) {
  const page = sql.prepare(
    `SELECT i.*, ${uses} AS uses FROM ${joinedReport}
     WHERE i.cluster_id = :cluster AND ${inUse} AND (i.namespace, i.tag, i.id) > (:afterNamespace, :afterTag, :afterId)
       AND (:namespace IS NULL OR i.namespace = :namespace)
       AND (:node IS NULL OR EXISTS (SELECT 1 FROM inventory_use u WHERE u.image = i.id AND u.node = :node))
       AND (:text IS NULL OR i.tag LIKE :text ESCAPE '\\' OR i.digest LIKE :text ESCAPE '\\')
     ORDER BY i.namespace, i.tag, i.id LIMIT :limit`,
  );
  const reports = sql.prepare(
    'SELECT newest_at, gaps FROM inventory_report WHERE cluster_id = ? ORDER BY newest_at DESC',
  );
  const all = sql.prepare(
    `SELECT i.tag, i.digest, c.name AS cluster, i.namespace, i.type, i.last_seen
     FROM ${joinedReport} JOIN cluster c ON c.id = i.cluster_id
     WHERE c.account = :account AND (:owner = '' OR i.owner = :owner) AND ${inUse}
     ORDER BY c.name, i.namespace, i.tag, i.digest`,
  );
  const agents = sql.prepare('SELECT * FROM inventory_agent WHERE account = ? ORDER BY name, uuid LIMIT 500');

  return {
    list(cluster: ClusterKey, query: z.output<typeof InventoryQuery>, now: number): z.output<typeof Inventory> {
      const [afterNamespace = '', afterTag = '', afterId = 0] = decodeCursor(query.after, ['', '', 0]);
      const found = page.all({
        cluster: cluster.id,
        ttl,
        now,
        afterNamespace,
        afterTag,
        afterId,
        namespace: query.namespace ?? null,
        node: query.node ?? null,
        text: containing(query.text),
        limit: query.limit + 1,
      });
      const heads = reports.all(cluster.id);
      return {
        ...(heads[0] === undefined ? {} : { reportedAt: isoTime(heads[0], 'newest_at') }),
        gaps: heads.flatMap((head) => JSON.parse(text(head, 'gaps')) as z.output<typeof Inventory>['gaps']),
        ...toPage(found, query.limit, toImage, (row) =>
          encodeCursor([text(row, 'namespace'), text(row, 'tag'), integer(row, 'id')]),
        ),
      };
    },
    /** Anchore's form of the list (inventory.md 12.2). */
    all: (account: string, owner: string, now: number) =>
      all.all({ account, owner, ttl, now }).map((row) => ({
        image_tag: text(row, 'tag'),
        image_digest: text(row, 'digest') || 'unknown',
        context: `${text(row, 'cluster')}/${text(row, 'namespace')}`,
        inventory_type: text(row, 'type'),
        last_seen: isoTime(row, 'last_seen'),
      })),
    agents: (account: string): z.output<typeof InventoryAgents> => ({ items: agents.all(account).map(toAgent) }),
  };
}

function toImage(row: Row): z.output<typeof InventoryImage> {
  const nodes = JSON.parse(text(row, 'uses')) as { name: string; containers: number }[];
  const digest = text(row, 'digest');
  const owner = text(row, 'owner');
  return {
    namespace: text(row, 'namespace'),
    image: text(row, 'tag'),
    ...(digest === '' ? {} : { digest }),
    ...(owner === '' ? {} : { account: owner }),
    inventoryType: text(row, 'type'),
    containers: nodes.reduce((sum, { containers }) => sum + containers, 0),
    nodes: nodes.filter((node) => node.name !== ''),
    firstSeen: isoTime(row, 'first_seen'),
    lastSeen: isoTime(row, 'last_seen'),
  };
}

function toAgent(row: Row): z.output<typeof InventoryAgents>['items'][number] {
  const health = row['health'];
  return {
    uuid: text(row, 'uuid'),
    name: text(row, 'name'),
    version: text(row, 'version'),
    cluster: text(row, 'cluster'),
    registeredAt: isoTime(row, 'registered_at'),
    lastSeen: isoTime(row, 'last_seen'),
    ...(typeof health === 'string' ? { health: JSON.parse(health) as Record<string, unknown> } : {}),
  };
}
