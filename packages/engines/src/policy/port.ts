import type { Control, ControlInputs } from '@kso/controls';
import type { ObjectOrigin, SourceEvent, SourceFailure } from '@kso/domain';
import type { GroupKind, KubeObject, ResourceResult } from '@kso/wire';

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
  /** Kinds that cannot be read at present. */
  failedKinds(): readonly FailedKind[];
  readonly objects: number;
}

export interface PolicyEngineOptions {
  readonly controls: readonly Control[];
  readonly inputs: ControlInputs;
  /** Part of every idempotency key, with the control inputs. */
  readonly libraryVersion: string;
  /** Exceptions in force, as text: another text gives every result another key. */
  readonly exceptionsVersion?: string;
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
  /** Of everything that can change a verdict or a report; computed when first asked for. */
  hash(): string;
}
