import type { SubjectVector } from '@kso/controls';
import type { PostureException } from '@kso/domain';
import type { ControlResult, ResourceResult } from '@kso/wire';
import type { ForeignResource, ObjectRecord } from './port.ts';

/** What is judged: an object, or an RBAC subject with one binding and its role. What it stands for is replaced in place. */
export type Target = ObjectTarget | SubjectTarget | ForeignTarget;

interface TargetState {
  readonly id: string;
  /** The newest result, undefined before the first evaluation. */
  result: ResourceResult | undefined;
  /** What the controls of the library say, before exceptions, with the key of that alone. */
  judged: readonly ControlResult[];
  judgedKey: string;
  /** Exceptions that cover findings of the result, with their number. */
  applied: ReadonlyMap<PostureException, number>;
  /** Questions that the evaluation asked; where this target is entered in the dependencies. */
  dependencies: ReadonlySet<string>;
}

export interface ObjectTarget extends TargetState {
  readonly type: 'object';
  record: ObjectRecord;
}

export interface SubjectTarget extends TargetState {
  readonly type: 'subject';
  vector: SubjectVector;
  binding: ObjectRecord;
  role: ObjectRecord;
}

/** Something that only controls evaluated elsewhere know: a vector that a Rego rule makes, an object of a kind that no rule here judges. */
export interface ForeignTarget extends TargetState {
  readonly type: 'foreign';
  resource: ForeignResource;
}

const none: ReadonlySet<string> = new Set();

const notApplied: ReadonlyMap<PostureException, number> = new Map();

export const newTarget = {
  result: undefined,
  judged: [] as readonly ControlResult[],
  judgedKey: '',
  applied: notApplied,
  dependencies: none,
};
