/** One normalised model of what runs; the documents are views of it. Names are those of Kubernetes, times epoch milliseconds. */
export interface ClusterInventory {
  readonly takenAt: number;
  readonly clusterName: string;
  /** The server's `/version` object. */
  readonly serverVersion: Readonly<Record<string, string>>;
  readonly namespaces: readonly NamespaceInventory[];
  readonly nodes: readonly InventoryNode[];
  /** What is not in it although it should be; empty for a complete one. */
  readonly gaps: readonly Gap[];
}

export interface NamespaceInventory {
  readonly name: string;
  readonly uid: string;
  /** As filtered by `metadata-collection`. */
  readonly labels: StringMap;
  readonly annotations: StringMap;
  /** Unfiltered: account routing must not depend on what is shown. */
  readonly rawLabels: StringMap;
  readonly pods: readonly InventoryPod[];
  readonly containers: readonly InventoryContainer[];
}

export interface InventoryPod {
  readonly name: string;
  readonly uid: string;
  readonly nodeName: string;
  readonly labels: StringMap;
  readonly annotations: StringMap;
}

export interface InventoryContainer {
  readonly name: string;
  readonly podUid: string;
  /** `containerd://…`; empty while it has not started. */
  readonly id: string;
  /** With tag, see `missing-tag-policy`. */
  readonly imageTag: string;
  /** `sha256:…`; empty if neither the runtime nor the pod names one. */
  readonly imageDigest: string;
}

export interface InventoryNode {
  readonly name: string;
  readonly uid: string;
  readonly labels: StringMap;
  readonly annotations: StringMap;
  readonly architecture: string;
  readonly containerRuntimeVersion: string;
  readonly kernelVersion: string;
  readonly kubeletVersion: string;
  readonly operatingSystem: string;
}

/** Why a part is missing: no right to it, gone while we were reading, or the API server failed. */
export interface Gap {
  readonly kind: 'namespaces' | 'nodes' | 'pods';
  readonly namespace?: string;
  readonly reason: 'not permitted' | 'vanished' | 'failed';
  readonly detail: string;
}

export type StringMap = Readonly<Record<string, string>>;

/** `nodes: not permitted (…)`, for people and for reports. */
export function describeGap({ kind, namespace, reason, detail }: Gap): string {
  const what = namespace === undefined ? kind : `${kind} of ${namespace}`;
  return `${what}: ${reason}${detail === '' ? '' : ` (${detail})`}`;
}
