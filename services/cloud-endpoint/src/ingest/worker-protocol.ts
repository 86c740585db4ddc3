import type { Edit, EditOutcome } from './edits.ts';
import type { Delivery, IngestOptions, IngestOutcome } from './port.ts';

/** What goes over to the thread that stores reports, and what comes back. */
export type ToWorker =
  | { readonly type: 'receive'; readonly id: number; readonly delivery: Delivery }
  | { readonly type: 'edit'; readonly id: number; readonly edit: Edit }
  | { readonly type: 'prune'; readonly id: number }
  | { readonly type: 'close'; readonly id: number };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly id: number; readonly outcome?: IngestOutcome; readonly edited?: EditOutcome }
  | { readonly type: 'failed'; readonly id: number; readonly reason: string };

export type WorkerData = IngestOptions;
