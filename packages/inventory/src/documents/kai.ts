import type { ClusterInventory, Gap, NamespaceInventory, StringMap } from '../model.ts';
import { type ReportScope, timestampOf } from './k8s-inventory.ts';

/** KAI's document (docs/inventory.md); `POST v1/enterprise/inventories` takes it. */
export interface KaiReport {
  readonly timestamp: string;
  readonly results: readonly { readonly namespace: string; readonly images: readonly KaiImage[] }[];
  readonly serverVersionMetadata: StringMap;
  readonly cluster_name: string;
  readonly inventory_type: 'kubernetes';
  /** Ours, as in the newer document. */
  readonly errors?: readonly Gap[];
}

export interface KaiImage {
  readonly tag: string;
  readonly repoDigest: string;
}

export function kaiReport(inventory: ClusterInventory, scope: ReportScope = inventory): KaiReport {
  const results = scope.namespaces.map((namespace) => ({ namespace: namespace.name, images: imagesOf(namespace) }));
  return {
    timestamp: timestampOf(inventory),
    results: results.toSorted((a, b) => compare(a.namespace, b.namespace)),
    serverVersionMetadata: inventory.serverVersion,
    cluster_name: inventory.clusterName,
    inventory_type: 'kubernetes',
    ...(scope.gaps.length === 0 ? {} : { errors: scope.gaps }),
  };
}

/** Each once by tag and digest, sorted. */
export function imagesOf({ containers }: NamespaceInventory): KaiImage[] {
  const images = new Map(
    containers.map(({ imageTag, imageDigest }) => [
      `${imageTag}@${imageDigest}`,
      { tag: imageTag, repoDigest: imageDigest },
    ]),
  );
  return [...images].toSorted(([a], [b]) => compare(a, b)).map(([, image]) => image);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
