import type { ClusterInventory, Gap, InventoryNode, NamespaceInventory, StringMap } from '../model.ts';

/** The newer document (docs/inventory.md); `POST v2/kubernetes-inventory` takes it. What is empty is left out. */
export interface K8sInventoryReport {
  readonly cluster_name: string;
  readonly containers: readonly ReportedContainer[];
  readonly namespaces?: readonly ReportedNamespace[];
  readonly nodes?: readonly ReportedNode[];
  readonly pods?: readonly ReportedPod[];
  readonly serverVersionMetadata: StringMap;
  readonly timestamp: string;
  /** Ours: what could not be read. Absent in a complete report. */
  readonly errors?: readonly Gap[];
}

interface ReportedContainer {
  readonly id: string;
  readonly image_digest: string;
  readonly image_tag: string;
  readonly name: string;
  readonly pod_uid: string;
}

interface Described {
  readonly annotations?: StringMap;
  readonly labels?: StringMap;
}

interface ReportedNamespace extends Described {
  readonly name: string;
  readonly uid: string;
}

interface ReportedNode extends Described {
  readonly arch?: string;
  readonly container_runtime_version?: string;
  readonly kernel_version?: string;
  readonly kubelet_version?: string;
  readonly name: string;
  readonly operating_system?: string;
  readonly uid: string;
}

interface ReportedPod extends Described {
  readonly name: string;
  readonly namespace_uid: string;
  readonly node_uid?: string;
  readonly uid: string;
}

/** Which part of an inventory goes into a document; all of it by default. */
export interface ReportScope {
  readonly namespaces: readonly NamespaceInventory[];
  readonly nodes: readonly InventoryNode[];
  readonly gaps: readonly Gap[];
}

export function k8sInventoryReport(inventory: ClusterInventory, scope: ReportScope = inventory): K8sInventoryReport {
  const nodeUids = new Map(inventory.nodes.map(({ name, uid }) => [name, uid]));
  const containers = scope.namespaces.flatMap((namespace) => namespace.containers.map(container));
  const pods = scope.namespaces.flatMap(({ uid: namespaceUid, pods: inNamespace }) =>
    inNamespace.map(({ name, uid, nodeName, labels, annotations }): ReportedPod => {
      const nodeUid = nodeUids.get(nodeName) ?? '';
      return {
        ...described({ labels, annotations }),
        name,
        namespace_uid: namespaceUid,
        ...(nodeUid === '' ? {} : { node_uid: nodeUid }),
        uid,
      };
    }),
  );
  return {
    cluster_name: inventory.clusterName,
    containers,
    ...some(
      'namespaces',
      scope.namespaces.map(({ name, uid, ...rest }) => ({ ...described(rest), name, uid })),
    ),
    ...some('nodes', scope.nodes.map(node)),
    ...some('pods', pods),
    serverVersionMetadata: inventory.serverVersion,
    timestamp: timestampOf(inventory),
    ...some('errors', scope.gaps),
  };
}

/** RFC 3339, UTC, whole seconds. */
export function timestampOf({ takenAt }: Pick<ClusterInventory, 'takenAt'>): string {
  return new Date(takenAt).toISOString().replace(/\.\d+Z$/, 'Z');
}

function container({ id, imageDigest, imageTag, name, podUid }: NamespaceInventory['containers'][number]) {
  return { id, image_digest: imageDigest, image_tag: imageTag, name, pod_uid: podUid };
}

function node(one: InventoryNode): ReportedNode {
  return {
    ...described(one),
    ...text('arch', one.architecture),
    ...text('container_runtime_version', one.containerRuntimeVersion),
    ...text('kernel_version', one.kernelVersion),
    ...text('kubelet_version', one.kubeletVersion),
    name: one.name,
    ...text('operating_system', one.operatingSystem),
    uid: one.uid,
  };
}

function described({
  annotations,
  labels,
}: {
  readonly annotations: StringMap;
  readonly labels: StringMap;
}): Described {
  return {
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  };
}

function text<K extends string>(key: K, value: string): { readonly [P in K]?: string } {
  return (value === '' ? {} : { [key]: value }) as { readonly [P in K]?: string };
}

function some<K extends string, T>(key: K, values: readonly T[]): { readonly [P in K]?: readonly T[] } {
  return (values.length === 0 ? {} : { [key]: values }) as { readonly [P in K]?: readonly T[] };
}
