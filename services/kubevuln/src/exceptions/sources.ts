import type { Labels } from '@kso/domain';
import type { KubeObject } from '@kso/wire';

/** A document with exceptions, or why it cannot be had. */
export interface ExceptionDocument {
  readonly type: 'policies' | 'vex';
  readonly source: 'account' | 'file';
  /** For people: `the CloudEndpoint`, a file name. */
  readonly origin: string;
  readonly value?: unknown;
  /** It could not be read at all. */
  readonly problem?: string;
  /** It is an older copy. */
  readonly degraded?: string;
}

/** What the cluster has to say about exceptions. */
export interface ClusterExceptionDocuments {
  readonly objects: readonly KubeObject[];
  readonly namespaceLabels: ReadonlyMap<string, Labels>;
}

/** A workload as ids of workloads name it. */
export interface LabelledWorkload {
  readonly namespace: string;
  /** In lower case: `deployment`. */
  readonly kind: string;
  readonly name: string;
}

/** SecurityException and ClusterSecurityException objects, with the labels that their selectors ask for. */
export interface ClusterExceptions {
  /** @throws when they cannot be read: then it is not known that there are none. */
  read(signal: AbortSignal): Promise<ClusterExceptionDocuments>;
  /**
   * The labels that a workload has now; undefined when there is no such workload, or its kind is none of Kubernetes itself.
   * @throws when they cannot be read
   */
  workloadLabels(workload: LabelledWorkload, signal: AbortSignal): Promise<Labels | undefined>;
}
