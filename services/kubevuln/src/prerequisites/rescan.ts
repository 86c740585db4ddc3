import { randomUUID } from 'node:crypto';
import { imageScanJobKey } from '@kso/domain';
import type { JobQueue } from '@kso/queue';
import type { ResultStore } from '@kso/store';
import { ImageScanJob, ImageScanRecord, imageScanKind, imageScanRecordKind, type JsonObject } from '@kso/wire';

const curable = new Set(['sbomEngineMissing', 'matcherMissing', 'databaseMissing']);
const pageSize = 200;

/** Adds the scans again that ended as "not evaluated" for want of an engine or a database. Answers how many. */
export async function queueMissedScans(results: ResultStore, queue: JobQueue): Promise<number> {
  let added = 0;
  let after: string | undefined;
  for (;;) {
    const page = results.list(imageScanRecordKind, { limit: pageSize, ...(after === undefined ? {} : { after }) });
    for (const { body } of page) {
      const record = ImageScanRecord.safeParse(body).data;
      if (record?.state !== 'notEvaluated' || !curable.has(record.reason)) continue;
      const payload = ImageScanJob.safeParse(record.job);
      if (!payload.success) continue;
      await queue.add({
        kind: imageScanKind,
        key: imageScanJobKey(payload.data),
        payload: payload.data as unknown as JsonObject,
        priority: 'recurring',
        jobId: randomUUID(),
      });
      added += 1;
    }
    after = page.at(-1)?.key;
    if (page.length < pageSize || after === undefined) return added;
  }
}
