import type { KubeObject } from '@kso/wire';
import type { CloudProvider } from '../catalogue/control-info.ts';
import { recordAt, stringAt } from './json.ts';

interface Signs {
  readonly provider: CloudProvider;
  /** Beginnings of label keys that only nodes of the managed service carry. */
  readonly labels: readonly string[];
  /** What its releases of the kubelet are called. */
  readonly kubelet?: RegExp;
}

const signs: readonly Signs[] = [
  { provider: 'EKS', labels: ['eks.amazonaws.com/'], kubelet: /-eks-/ },
  { provider: 'GKE', labels: ['cloud.google.com/gke-'], kubelet: /-gke\./ },
  { provider: 'AKS', labels: ['kubernetes.azure.com/'] },
];

/**
 * Who runs the cluster, by what its nodes carry. The machines of a cloud (`spec.providerID`) alone do not make a managed cluster: people
 * run clusters of their own on them, and then the controls of the managed service mean nothing.
 */
export function cloudProviderOf(nodes: Iterable<KubeObject>): CloudProvider | undefined {
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
  return undefined;
}
