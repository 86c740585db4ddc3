import type { ImageMatches, ImageNotEvaluatedReason } from '@kso/wire';

/** An image without a result, and why. */
export interface NotEvaluated {
  readonly outcome: 'notEvaluated';
  readonly reason: ImageNotEvaluatedReason;
  /** One line for people, redacted. */
  readonly detail: string;
}

/** The job was cancelled or its process stops: there is nothing to say of the image. */
export interface Interrupted {
  readonly outcome: 'interrupted';
}

export interface Evaluated {
  readonly outcome: 'evaluated';
  readonly matches: ImageMatches;
}

export type ScanOutcome = Evaluated | NotEvaluated | Interrupted;

export function notEvaluated(reason: ImageNotEvaluatedReason, detail: string): NotEvaluated {
  return { outcome: 'notEvaluated', reason, detail };
}
