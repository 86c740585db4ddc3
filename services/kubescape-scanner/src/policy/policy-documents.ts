/** Policy as it was read and before anything was understood of it. Plain data: it goes to the thread that evaluates. */
export interface PolicyDocuments {
  readonly frameworks: readonly PolicyDocument[];
  readonly exceptions: readonly PolicyDocument[];
  readonly controlInputs: readonly PolicyDocument[];
  readonly attackTracks: readonly PolicyDocument[];
}

/** One document, or why it could not be read. */
export type PolicyDocument = {
  /** Who gave it: what a user gave and is wrong fails a scan, what an account gave and is wrong degrades it. */
  readonly source: 'file' | 'account';
  /** For people: `file exceptions.json`. */
  readonly origin: string;
} & (
  | {
      readonly value: unknown;
      /** Set when an older copy stands for the document, with the reason. */
      readonly degraded?: string;
    }
  | { readonly problem: string }
);

export const noPolicy: PolicyDocuments = { frameworks: [], exceptions: [], controlInputs: [], attackTracks: [] };
