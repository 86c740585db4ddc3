import type { KubeObject } from '@kso/wire';
import type { CloudProvider } from '../catalogue/control-info.ts';
import { recordAt, stringAt } from './json.ts';
import { kinds } from './kinds.ts';

interface Signs {
  readonly provider: CloudProvider;
  /** Beginnings of label keys that only nodes of the managed service carry. */
  readonly labels: readonly string[];
  /** What its releases of the kubelet are called. */
  readonly kubelet?: RegExp;
  /** Group of what the provider's cloud says about its clusters. */
  readonly cloud: string;
}

const signs: readonly Signs[] = [
  { provider: 'EKS', labels: ['eks.amazonaws.com/'], kubelet: /-eks-/, cloud: kinds.eksCluster.group },
  { provider: 'GKE', labels: ['cloud.google.com/gke-'], kubelet: /-gke\./, cloud: kinds.gkeCluster.group },
  { provider: 'AKS', labels: ['kubernetes.azure.com/'], cloud: kinds.aksCluster.group },
];

/**
 * Who runs the cluster, by what its nodes carry, else by the description of the cluster that somebody got from the cloud. The machines of a cloud (`spec.providerID`) alone do not make a managed cluster: people
 * run clusters of their own on them, and then the controls of the managed service mean nothing.
 */
export function cloudProviderOf(
  nodes: Iterable<KubeObject>,
  descriptions: Iterable<KubeObject> = [],
): CloudProvider | undefined {
  for (const { metadata, status } of nodes) {
    const labels = Object.keys(metadata.labels ?? {});
    const kubelet = stringAt(recordAt(recordAt({ status }, 'status'), 'nodeInfo'), 'kubeletVersion') ?? '';
    const found = signs.find(
      (sign) =>
        sign.kubelet?.test(kubelet) === true ||
        sign.labels.some((start) => labels.some((label) => label.startsWith(start))),
    );
    if (found !== undefined) return found.provider;
  }
  for (const { apiVersion } of descriptions) {
    const found = signs.find(({ cloud }) => apiVersion.startsWith(`${cloud}/`));
    if (found !== undefined) return found.provider;
  }
  return undefined;
}
