import type { GroupKind, KubeObject } from '@kso/wire';

/**
 * Where Kubernetes objects come from: a cluster (`@kso/kube`) or a folder of manifests (`@kso/manifests`).
 * A consumer sees the same events from both, so nothing behind this port knows which one it is.
 */
export interface ObjectSource {
  /** What is scanned, for people: a context name, a server or a folder. */
  readonly name: string;
  readonly type: 'cluster' | 'manifests';
  /**
   * Emits the present objects of the kinds, then `synced` for each kind, then changes until `signal` aborts.
   * Resolves when every kind is either synced or has failed once; changes go on in the background.
   * A kind that cannot be read is reported as `failed` and does not fail the others.
   * @throws SourceError when nothing at all can be read (unreachable cluster, empty folder).
   */
  watch(kinds: readonly GroupKind[], onEvent: (event: SourceEvent) => void, signal: AbortSignal): Promise<void>;
  /** The API server's version object, absent for manifests. */
  serverVersion?(): Promise<Readonly<Record<string, string>> | undefined>;
}

export type SourceEvent =
  | { readonly type: 'added' | 'modified' | 'deleted'; readonly object: KubeObject; readonly origin?: ObjectOrigin }
  /** All present objects of the kind have been emitted. Again after each re-list. */
  | { readonly type: 'synced'; readonly kind: GroupKind }
  /** The kind could not be listed; `forbidden` and `notServed` stay so until `synced` says otherwise. */
  | { readonly type: 'failed'; readonly kind: GroupKind; readonly reason: SourceFailure; readonly detail: string }
  /** One file or document of a folder could not be read; the others are. `line` counts from 1. */
  | { readonly type: 'unreadable'; readonly file: string; readonly line?: number; readonly detail: string }
  /** What an `unreadable` with the same fields told is no longer so: it was repaired, or is gone. */
  | { readonly type: 'readable'; readonly file: string; readonly line?: number; readonly detail: string };

export type SourceFailure = 'forbidden' | 'notServed' | 'unreachable' | 'invalid';

/** Where in a folder an object was written. `line` counts from 1. */
export interface ObjectOrigin {
  readonly file: string;
  readonly relativePath: string;
  readonly document: number;
  readonly line: number;
  /** Where it stands below the root of its document, for members of a list: `items[2]`. Absent for the root itself. */
  readonly path?: string;
  /** Made from templates or overlays: the file is where it comes from, and document and line say nothing about it. */
  readonly renderedFrom?: { readonly type: 'helm' | 'kustomize'; readonly name: string };
}

/** Why nothing at all could be read. */
export type SourceErrorReason = 'nothingToScan' | 'unreachable' | 'unauthenticated' | 'unreadable';

/** Thrown by {@link ObjectSource.watch} when there is nothing to go on with; `message` is one line for people. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly reason: SourceErrorReason;

  constructor(reason: SourceErrorReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}
