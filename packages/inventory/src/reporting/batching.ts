import { k8sInventoryReport, type ReportScope } from '../documents/k8s-inventory.ts';
import type { ClusterInventory, InventoryNode, NamespaceInventory } from '../model.ts';

/** 0 for no limit. */
export interface BatchLimits {
  readonly namespaces: number;
  /** A batch is closed when it has this size; a namespace is never split. */
  readonly bytes: number;
}

/** The parts in which the namespaces of one account are reported (inventory.md 8); each holds the nodes that its pods refer to. */
export function batchesOf(
  inventory: ClusterInventory,
  namespaces: readonly NamespaceInventory[],
  limits: BatchLimits,
): ReportScope[] {
  const { gaps } = inventory;
  if (limits.namespaces <= 0 && limits.bytes <= 0) return [{ namespaces, nodes: inventory.nodes, gaps }];
  const batches: ReportScope[] = [];
  let open: NamespaceInventory[] = [];
  let bytes = 0;
  const close = () => {
    if (open.length > 0) batches.push({ namespaces: open, nodes: nodesOf(inventory.nodes, open), gaps });
    open = [];
    bytes = 0;
  };
  for (const namespace of namespaces) {
    open.push(namespace);
    if (limits.bytes > 0) bytes += sizeOf(inventory, namespace);
    const isFull =
      (limits.bytes > 0 && bytes >= limits.bytes) || (limits.namespaces > 0 && open.length >= limits.namespaces);
    if (isFull) close();
  }
  close();
  return batches;
}

function sizeOf(inventory: ClusterInventory, namespace: NamespaceInventory): number {
  const nodes = nodesOf(inventory.nodes, [namespace]);
  return Buffer.byteLength(JSON.stringify(k8sInventoryReport(inventory, { namespaces: [namespace], nodes, gaps: [] })));
}

function nodesOf(nodes: readonly InventoryNode[], namespaces: readonly NamespaceInventory[]): InventoryNode[] {
  const wanted = new Set(namespaces.flatMap(({ pods }) => pods.map(({ nodeName }) => nodeName)));
  return nodes.filter(({ name }) => wanted.has(name));
}
