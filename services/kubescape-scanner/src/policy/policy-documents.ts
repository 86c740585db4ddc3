import type { PolicyDocument } from '@kso/engines';

/** Policy as it was read and before anything was understood of it. Plain data: it goes to the thread that evaluates. */
export interface PolicyDocuments {
  readonly frameworks: readonly PolicyDocument[];
  readonly exceptions: readonly PolicyDocument[];
  readonly controlInputs: readonly PolicyDocument[];
  readonly attackTracks: readonly PolicyDocument[];
}

export const noPolicy: PolicyDocuments = { frameworks: [], exceptions: [], controlInputs: [], attackTracks: [] };

/** Both together, those of `first` before the others of the same source. */
export function joinDocuments(first: PolicyDocuments, second: PolicyDocuments): PolicyDocuments {
  return {
    frameworks: [...first.frameworks, ...second.frameworks],
    exceptions: [...first.exceptions, ...second.exceptions],
    controlInputs: [...first.controlInputs, ...second.controlInputs],
    attackTracks: [...first.attackTracks, ...second.attackTracks],
  };
}
