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
  readonly namespaceLabels: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** SecurityException and ClusterSecurityException objects, with the labels that their selectors ask for. */
export interface ClusterExceptions {
  /** @throws when they cannot be read: then it is not known that there are none. */
  read(signal: AbortSignal): Promise<ClusterExceptionDocuments>;
}
