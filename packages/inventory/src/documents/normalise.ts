import type { K8sInventoryReport } from './k8s-inventory.ts';

export interface Normalised {
  readonly report: K8sInventoryReport;
  /** How many entries were dropped or changed. */
  readonly changes: number;
}

/** Makes a report that refers to nothing but itself (inventory.md 9.2, B33): what the receiver could not place is left out. */
export function normaliseReport(report: K8sInventoryReport): Normalised {
  const namespaces = distinct(report.namespaces ?? []);
  const nodes = distinct(report.nodes ?? []);
  const namespaceUids = new Set(namespaces.map(({ uid }) => uid));
  const nodeUids = new Set(nodes.map(({ uid }) => uid));
  let unplaced = 0;
  const pods = distinct(report.pods ?? [])
    .filter((pod) => namespaceUids.has(pod.namespace_uid))
    .map((pod) => {
      if (pod.node_uid === undefined || nodeUids.has(pod.node_uid)) return pod;
      unplaced += 1;
      const { node_uid: _unknown, ...rest } = pod;
      return rest;
    });
  const podUids = new Set(pods.map(({ uid }) => uid));
  const containers = report.containers.filter(({ id, pod_uid }) => id !== '' && podUids.has(pod_uid));

  const { namespaces: _namespaces, nodes: _nodes, pods: _pods, ...rest } = report;
  const { serverVersionMetadata, timestamp, errors } = rest;
  return {
    report: {
      cluster_name: report.cluster_name,
      containers,
      ...(namespaces.length === 0 ? {} : { namespaces }),
      ...(nodes.length === 0 ? {} : { nodes }),
      ...(pods.length === 0 ? {} : { pods }),
      serverVersionMetadata,
      timestamp,
      ...(errors === undefined ? {} : { errors }),
    },
    changes: unplaced + sizeOf(report) - containers.length - namespaces.length - nodes.length - pods.length,
  };
}

function sizeOf({ containers, namespaces = [], nodes = [], pods = [] }: K8sInventoryReport): number {
  return containers.length + namespaces.length + nodes.length + pods.length;
}

/** By uid, the first counts; without one it cannot be referred to. */
function distinct<T extends { readonly uid: string }>(entries: readonly T[]): T[] {
  const byUid = new Map<string, T>();
  for (const entry of entries) if (entry.uid !== '' && !byUid.has(entry.uid)) byUid.set(entry.uid, entry);
  return [...byUid.values()];
}
