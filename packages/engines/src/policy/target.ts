import type { SubjectVector } from '@kso/controls';
import type { ResourceResult } from '@kso/wire';
import type { ObjectRecord } from './port.ts';

/** What is judged: an object, or an RBAC subject with one binding and its role. What it stands for is replaced in place. */
export type Target = ObjectTarget | SubjectTarget;

interface TargetState {
  readonly id: string;
  /** The newest result, undefined before the first evaluation. */
  result: ResourceResult | undefined;
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

const none: ReadonlySet<string> = new Set();

export const newTarget = { result: undefined, dependencies: none };
