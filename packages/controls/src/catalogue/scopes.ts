import type { ControlScope } from './control-info.ts';

/** Clusters and manifests. */
export const everywhere: readonly ControlScope[] = ['cluster', 'file'];
/** Things that only a running cluster has. */
export const clusterOnly: readonly ControlScope[] = ['cluster'];
/** Clusters that some cloud provider runs. */
export const anyCloud: readonly ControlScope[] = ['cloud'];
export const onlyEks: readonly ControlScope[] = ['EKS'];
export const onlyAks: readonly ControlScope[] = ['AKS'];
