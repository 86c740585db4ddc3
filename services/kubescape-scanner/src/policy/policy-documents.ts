import type { PolicyDocument } from '@kso/engines';

/** Policy as it was read and before anything was understood of it. Plain data: it goes to the thread that evaluates. */
export interface PolicyDocuments {
  readonly frameworks: readonly PolicyDocument[];
  readonly exceptions: readonly PolicyDocument[];
  readonly controlInputs: readonly PolicyDocument[];
  readonly attackTracks: readonly PolicyDocument[];
}

export const noPolicy: PolicyDocuments = { frameworks: [], exceptions: [], controlInputs: [], attackTracks: [] };
