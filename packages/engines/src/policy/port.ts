import type { CloudProvider, Control, ControlInputs, PolicyCatalogue } from '@kso/controls';
import type { ObjectOrigin, PostureException, SourceEvent, SourceFailure } from '@kso/domain';
import type { AppliedException, ControlResult, ExceptionAudit, GroupKind, KubeObject, ResourceResult } from '@kso/wire';

/**
 * Evaluates controls over the objects of one source. It keeps the objects and every result; after a change it evaluates what
 * depends on the changed object and nothing else. A full scan is the same code with everything changed.
 * Synchronous and in one thread: its owner decides which thread that is.
 */
export interface PolicyEngine {
  /** Kinds that the controls read: what to watch. */
  readonly kinds: readonly GroupKind[];
  /** Takes over a change and marks what depends on it. Cheap: nothing is evaluated. */
  apply(event: SourceEvent): void;
  /** Evaluates what is marked. `limit` bounds the number of resources, so that a long evaluation can be done in slices. */
  evaluate(limit?: number): Evaluation;
  /** Resources that are marked and not evaluated yet. */
  readonly pending: number;
  /** All results as of the last evaluation. */
  results(): Iterable<ResourceResult>;
  result(resourceId: string): ResourceResult | undefined;
  /** Objects behind a resource: itself, or subject with binding and role. Undefined for unknown ids. */
  resource(resourceId: string): EvaluatedResource | undefined;
  /** Results that have to do with an object, also one that is gone: its own, those of its subjects, and those that asked about it. */
  resultsOf(reference: ObjectReference): ResourceResult[];
  /** Whether there is such an object and a workload owns it, with which it is judged. */
  isOwnedChild(reference: ObjectReference): boolean;
  /** Kinds that cannot be read at present. */
  failedKinds(): readonly FailedKind[];
  /** Bindings whose role is neither among the objects nor assumed: what it gives is not known. `alsoAssumed`: those as well whose role is only assumed. */
  unresolvedBindings(alsoAssumed?: boolean): readonly UnresolvedBinding[];
  readonly objects: number;
  /** Takes over other control inputs or exceptions and marks what they concern. */
  update(change: PolicyChange): void;
  /** Drops the exceptions that have expired by then (epoch milliseconds) and marks what they covered. */
  expireExceptions(now: number): void;
  /** When the next exception expires; the owner calls `expireExceptions` then. */
  readonly nextExpiry: number | undefined;
  /**
   * All results as of the last evaluation with other exceptions in place of those that were given: for a request that brings its
   * own. Custom resources and annotations still count. Nothing is remembered.
   */
  resultsWith(exceptions: readonly PostureException[]): Iterable<ResourceResult>;
  /** What became of every exception; of those given with `resultsWith` when they are named. */
  exceptionAudit(exceptions?: readonly PostureException[]): ExceptionAudit[];
  /** Controls that exceptions cover in the whole cluster, for the summary of controls without resources. */
  acceptedControls(exceptions?: readonly PostureException[]): AcceptedControls;
  /** Joins results of controls that are evaluated elsewhere, all of them at once. Exceptions apply to them as to any other. */
  setForeignResults(results: ForeignResults): void;
  /** What a report says about the cluster. */
  context(): ClusterFacts;
}

export interface UnresolvedBinding {
  readonly binding: KubeObject;
  /** `ClusterRole/name`, or `Role/namespace/name`. */
  readonly role: string;
}

/** By the id of the control. */
export type AcceptedControls = ReadonlyMap<string, readonly AppliedException[]>;

export interface PolicyChange {
  readonly inputs?: ControlInputs;
  readonly exceptions?: readonly PostureException[];
  /** In the place of those from before. What they read has to be watched: see `additionalKinds`. */
  readonly controls?: readonly Control[];
}

export interface ForeignResults {
  /** By resource id. */
  readonly results: ReadonlyMap<string, readonly ControlResult[]>;
  /** The resources behind them, at least those that this engine does not know. */
  readonly resources: ReadonlyMap<string, ForeignResource>;
}

export interface ForeignResource extends EvaluatedResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** What the objects tell about the cluster as a whole (scanner.md 8.5). */
export interface ClusterFacts {
  /** Objects at the top, without Jobs. */
  readonly namespaceToNumberOfResources: Readonly<Record<string, number>>;
  /** Nodes that ordinary pods may run on; undefined where there are no nodes to count. */
  readonly numberOfWorkerNodes: number | undefined;
  /** Who runs the cluster, if it is a managed one. */
  readonly cloudProvider: CloudProvider | undefined;
}

export interface PolicyEngineOptions {
  readonly controls: readonly Control[];
  readonly inputs: ControlInputs;
  /** Part of every idempotency key, with the control inputs. */
  readonly libraryVersion: string;
  /** Exceptions of files, requests, accounts and releases (`readExceptions`). */
  readonly exceptions?: readonly PostureException[];
  /** Objects of the kinds SecurityException and ClusterSecurityException count as well; default true. */
  readonly customResources?: boolean;
  /** Annotations of objects except them from controls; default false. For manifests, whose owner runs the scan. */
  readonly inlineExceptions?: boolean;
  /** For exceptions that are limited to clusters. */
  readonly clusterName?: string;
  /** Controls and frameworks by name; default: the built-in ones. */
  readonly catalogue?: PolicyCatalogue;
  /** Epoch milliseconds; exceptions that have expired by then do not count. Default: now. */
  readonly now?: number;
  /** Roles that may be bound without being among the objects, which go before them. For manifests: a cluster shows all that it has. */
  readonly assumedRoles?: readonly KubeObject[];
  /** Kinds to watch besides those that the controls read. */
  readonly additionalKinds?: readonly GroupKind[];
  /**
   * False for a single evaluation whose results are not kept: nothing is remembered of what depends on what, and idempotency keys
   * are empty. Changes that come afterwards are not evaluated rightly.
   */
  readonly incremental?: boolean;
}

export interface Evaluation {
  /** Results that are new or have another idempotency key than before. */
  readonly changed: readonly ResourceResult[];
  /** Ids of resources that are gone. */
  readonly removed: readonly string[];
}

export interface FailedKind {
  readonly kind: GroupKind;
  readonly reason: SourceFailure;
  readonly detail: string;
}

export interface ObjectReference {
  readonly kind: string;
  readonly name: string;
  /** Absent or empty for cluster-scoped objects. */
  readonly namespace?: string | undefined;
  readonly apiVersion?: string | undefined;
}

export interface EvaluatedResource {
  readonly id: string;
  /** For an RBAC subject: the subject with `relatedObjects`. Not scrubbed. */
  readonly object: Readonly<Record<string, unknown>>;
  readonly origin?: ObjectOrigin;
  /** Replicas that it stands for, for the risk score. */
  readonly weight: number;
  readonly namespace: string;
}

/** An object with what the engine knows about it. */
export interface ObjectRecord {
  readonly key: string;
  readonly id: string;
  readonly object: KubeObject;
  readonly kindName: string;
  /** Where it lives: `default` if a manifest names none; empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly origin: ObjectOrigin | undefined;
  /** Pods that it stands for; 0 for a DaemonSet that does not tell. It may change without the object counting as changed. */
  weight: number;
  /** Of everything that can change a verdict or a report; computed when first asked for. */
  hash(): string;
}
