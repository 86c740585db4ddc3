import { createHash } from 'node:crypto';
import type { OutboxEntry } from '@kso/store';
import type { ImageScanJob } from '@kso/wire';

/** A job with the ids that its lines and reports carry. */
export interface ScanJob {
  /** Is written down: without logins in the clear. */
  readonly payload: Omit<ImageScanJob, 'credentialsList'>;
  readonly jobId: string;
  readonly parentId?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** A report on its way, under a key that tells it from all others. */
export function entry(
  { jobId, parentId, traceparent }: ScanJob,
  { path, key, group, body }: { path: string; key: string; group: string; body: string },
): OutboxEntry {
  return {
    idempotencyKey: key,
    path,
    body,
    group,
    jobId,
    ...(parentId === undefined ? {} : { parentId }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

/** Short, and fit for a header whatever the parts are. */
export function hash(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32);
}
