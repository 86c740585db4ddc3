import type { AddResult, Priority } from '@kso/queue';
import type { ImageScanJob, PostureScanJob } from '@kso/wire';

/** What every job of a command carries. */
export interface Assignment {
  /** The command's job id, parent of the job. */
  readonly commandId: string;
  readonly jobId: string;
  readonly priority: Priority;
  /** Epoch milliseconds. */
  readonly expiresAt?: number | undefined;
  readonly traceparent?: string | undefined;
}

/**
 * How scans get to those that do them. Each becomes a child of its command in the queue, so the operator learns of its end the same
 * way whoever did it. Giving out the same job again changes nothing.
 */
export interface JobDispatcher {
  postureScan(assignment: Assignment, job: PostureScanJob): Promise<AddResult>;
  imageScan(assignment: Assignment, job: ImageScanJob): Promise<AddResult>;
}
