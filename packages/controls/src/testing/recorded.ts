import type { KubeObject, Verdict } from '@kso/wire';
import type { ControlInputs } from '../catalogue/inputs.ts';

/** A control as a test has asked it: what stood there, and what it said. */
export interface RecordedCase {
  readonly controlId: string;
  /** What was judged; undefined where it was the subjects of all bindings. */
  readonly object: KubeObject | undefined;
  readonly others: readonly KubeObject[];
  readonly inputs: Partial<ControlInputs>;
  readonly verdict: Verdict;
}

const recorded: RecordedCase[] = [];

export function record(entry: RecordedCase): void {
  recorded.push(entry);
}

/** All cases of the tests that ran in this process. */
export function recordedCases(): readonly RecordedCase[] {
  return recorded;
}
