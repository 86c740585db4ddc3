/** How far a scan is. `reading` ends when every kind has been read once, or has failed. */
export type ScanProgress =
  | { readonly phase: 'reading'; readonly objects: number; readonly kindsRead: number; readonly kinds: number }
  | { readonly phase: 'evaluating'; readonly evaluated: number; readonly total: number }
  | { readonly phase: 'reporting'; readonly resources: number };

/** A file or document that could not be read; the others are. `line` counts from 1. */
export interface UnreadableDocument {
  readonly file: string;
  readonly line?: number;
  readonly detail: string;
}
