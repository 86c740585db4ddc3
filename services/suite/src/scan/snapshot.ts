import type { DatabaseStatus } from '@kso/engines';
import type { Store } from '@kso/store';
import { ImageScanRecord, imageScanRecordKind, type PostureReport } from '@kso/wire';

/** What is known at a moment. */
export interface SuiteSnapshot {
  /** Of the newest complete scan. */
  readonly posture: PostureReport | undefined;
  /** The newest answer for each container. */
  readonly images: readonly ImageScanRecord[];
  readonly imageScans: ImageScans;
}

/** Whether images can be scanned at present, and with which database. */
export type ImageScans =
  | { readonly state: 'ready'; readonly database: Extract<DatabaseStatus, { state: 'ready' }> }
  | { readonly state: 'waiting' | 'lacking'; readonly reason: string };

const pageSize = 500;

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
