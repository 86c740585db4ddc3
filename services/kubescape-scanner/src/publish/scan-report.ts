import { randomUUID } from 'node:crypto';
import type { Store } from '@kso/store';
import { z } from 'zod';
import type { ReportPart } from '../scan/report-parts.ts';
import { outboxEntry, type ReportOrigin } from './publisher.ts';

/** Kind of the notes in the store about which scans have put their report into the outbox; the key is the id of the scan. */
export const scanReportKind = 'posture-report';

/** Notes are kept as long as a job could be taken up again. */
const keepNotesMs = 7 * 24 * 60 * 60 * 1000;

const Note = z.object({ reportGuid: z.string(), isComplete: z.boolean() });

/** The report of one scan on its way into the outbox. */
export interface ScanReport {
  /** Id of the report on the wire: the scan's own, or another when an attempt before has left an unfinished report with that. */
  readonly reportGuid: string;
  /** True if an attempt before has put all of it into the outbox: then there is nothing left to send. */
  readonly isSent: boolean;
  /** Puts a part into the outbox, with the note of how far it is. @throws STORE_FULL and others of the store */
  put(part: ReportPart): void;
}

/**
 * Parts go into the outbox as they are made, so a scan can end between two of them. The next attempt sees the cluster as it is then:
 * its parts would not fit to those that were sent, so it begins a report of its own, and the unfinished one never becomes complete.
 */
export function openScanReport(
  store: Store,
  origin: Omit<ReportOrigin, 'reportGuid'>,
  scanId: string,
  now: () => number,
): ScanReport {
  const note = Note.safeParse(store.results.get(scanReportKind, scanId)?.body);
  const reportGuid = note.success && !note.data.isComplete ? randomUUID() : scanId;
  return {
    reportGuid,
    isSent: note.success && note.data.isComplete,
    put: (part) => {
      store.transaction(() => {
        if (part.index === 0 || part.isLast) writeNote(store, scanId, { reportGuid, isComplete: part.isLast }, now());
        store.outbox.put([outboxEntry(part, { ...origin, reportGuid })]);
      });
    },
  };
}

/** Forgets reports of long ago. */
export function pruneScanReports(store: Store, now: number): void {
  store.results.prune(scanReportKind, now - keepNotesMs);
}

function writeNote(store: Store, scanId: string, note: z.infer<typeof Note>, storedAt: number): void {
  const idempotencyKey = `${note.reportGuid}/${note.isComplete ? 'complete' : 'begun'}`;
  store.results.put({ kind: scanReportKind, key: scanId, idempotencyKey, body: note, storedAt });
}
