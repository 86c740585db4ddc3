/**
 * What runs, by reports of Anchore's inventories and ours (docs/inventory.md). `owner` is the account that the sender named besides its
 * own; times are those of the sender's report. An image whose `last_seen` is older than the configured days is not in use any more.
 */
export const inventorySchema = `
CREATE TABLE inventory_report (
  cluster_id INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  owner TEXT NOT NULL,
  type TEXT NOT NULL,
  newest_at INTEGER NOT NULL,
  gaps TEXT NOT NULL,
  PRIMARY KEY (cluster_id, owner, type)
) STRICT, WITHOUT ROWID;

CREATE TABLE inventory_image (
  id INTEGER PRIMARY KEY,
  cluster_id INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
  owner TEXT NOT NULL,
  type TEXT NOT NULL,
  namespace TEXT NOT NULL,
  tag TEXT NOT NULL,
  digest TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  UNIQUE (cluster_id, owner, type, namespace, tag, digest)
) STRICT;
CREATE INDEX inventory_image_seen ON inventory_image (last_seen);

-- Where it ran when it was last reported; node is empty if it was not said.
CREATE TABLE inventory_use (
  image INTEGER NOT NULL REFERENCES inventory_image (id) ON DELETE CASCADE,
  node TEXT NOT NULL,
  containers INTEGER NOT NULL,
  PRIMARY KEY (image, node)
) STRICT, WITHOUT ROWID;

-- Collectors that have registered. health: their last health report, as JSON.
CREATE TABLE inventory_agent (
  uuid TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  registration_id TEXT NOT NULL,
  instance_id TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  cluster TEXT NOT NULL,
  registration TEXT NOT NULL,
  health TEXT,
  registered_at INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  UNIQUE (account, registration_id, instance_id)
) STRICT, WITHOUT ROWID;
`;
