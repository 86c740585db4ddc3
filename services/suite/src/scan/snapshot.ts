import type { DatabaseStatus } from '@kso/engines';
import type { JobQueue } from '@kso/queue';
import type { Store } from '@kso/store';
import { ImageScanJob, ImageScanRecord, imageScanKind, imageScanRecordKind, type PostureReport } from '@kso/wire';

/** What is known at a moment. */
export interface SuiteSnapshot {
  /** Of the newest complete scan. */
  readonly posture: PostureReport | undefined;
  /** The newest answer for each container. */
  readonly images: readonly ImageScanRecord[];
  /** Scans that were asked for and have not ended. */
  readonly pending: readonly PendingImage[];
  readonly imageScans: ImageScans;
}

export interface PendingImage {
  readonly image: string;
  readonly wlid: string;
}

/** Whether images can be scanned at present, and with which database. */
export type ImageScans =
  | { readonly state: 'ready'; readonly database: Extract<DatabaseStatus, { state: 'ready' }> }
  | { readonly state: 'waiting' | 'lacking'; readonly reason: string };

const pageSize = 500;
const maxPending = 1000;

/** The newest answers of the store. */
export function readImageRecords({ results }: Store): ImageScanRecord[] {
  const records: ImageScanRecord[] = [];
  let after: string | undefined;
  for (;;) {
    const page = results.list(imageScanRecordKind, { limit: pageSize, ...(after === undefined ? {} : { after }) });
    for (const { body } of page) {
      // Written by an older version: the next scan replaces it.
      const parsed = ImageScanRecord.safeParse(body);
      if (parsed.success) records.push(parsed.data);
    }
    after = page.at(-1)?.key;
    if (page.length < pageSize || after === undefined) return records;
  }
}

export async function readPendingImages(queue: JobQueue): Promise<PendingImage[]> {
  const jobs = await queue.list({
    kind: imageScanKind,
    states: ['waiting', 'delayed', 'active'],
    limit: maxPending,
  });
  return jobs.flatMap(({ payload }) => {
    const parsed = ImageScanJob.safeParse(payload);
    return parsed.success ? [{ image: parsed.data.imageTag, wlid: parsed.data.wlid }] : [];
  });
}
