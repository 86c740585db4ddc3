import { type BasePorts, describeError, KsoError } from '@kso/kit';
import type { JobHandler, RunningJob } from '@kso/queue';
import type { Store } from '@kso/store';
import { PostureScanJob, type PostureScanRequest, type PostureScanResult } from '@kso/wire';
import { fail } from '../errors.ts';
import { openScanReport, pruneScanReports } from '../publish/scan-report.ts';
import type { ResultFiles } from '../results/result-files.ts';
import type { ScanProgress } from '../scan/progress.ts';
import type { ScannerMetrics } from '../scanner-metrics.ts';
import type { ThreadClient } from '../worker/thread-client.ts';

export interface PostureJobPorts extends BasePorts {
  readonly thread: ThreadClient;
  /** Resolves when the policy was read once: what is scanned before would be judged by another. */
  readonly policyRead: Promise<void>;
  /** @throws UNKNOWN_TARGETS, BAD_REQUEST */
  checkRequest(request: PostureScanRequest): void;
  readonly store: Store;
  readonly files: ResultFiles;
  readonly scannerMetrics: ScannerMetrics;
  readonly clusterName: string;
  /** Whether reports are sent at all; a request can only refuse. */
  readonly submit: boolean;
  /** For requests that name no namespaces. */
  readonly defaults: Pick<PostureScanRequest, 'includeNamespaces' | 'excludedNamespaces'>;
  /** Called after something was put into the outbox. */
  wakePoster?(): void;
  onEnd(end: ScanEnd): void;
}

/** How a scan ended; after the last attempt only. */
export type ScanEnd = {
  readonly scanId: string;
  readonly jobId: string;
  /** URL of whom the request wants to be told. */
  readonly callback?: string | undefined;
} & ({ readonly ok: true; readonly result: PostureScanResult } | { readonly ok: false; readonly error: Error });

const defaultAttempts = 3;
const progressIntervalMs = 250;

/** Runs one `posture-scan` job: the thread scans, its report goes to the outbox, and the answer is small. */
export function postureJobHandler(ports: PostureJobPorts): JobHandler {
  const { logger: base, tracer, files, onEnd, scannerMetrics } = ports;
  return async (job) => {
    const parsed = PostureScanJob.safeParse(job.payload);
    if (!parsed.success) throw fail('BAD_REQUEST', { problem: 'the job carries no scan' }, parsed.error);
    const { scanId, callback } = parsed.data;
    const logger = base.child({ jobId: job.jobId, parentId: job.parentId, scanId });
    const options = { attributes: { 'kso.scan.id': scanId } };
    try {
      const result = await tracer.span('posture scan', options, () => runScan(ports, job, parsed.data));
      files.deleteFailure(scanId);
      logger.info({ ...result }, 'posture scan finished');
      onEnd({ scanId, jobId: job.jobId, callback, ok: true, result });
      return result;
    } catch (error) {
      if (isLastAttempt(job, error)) {
        scannerMetrics.observeFailure();
        files.writeFailure(scanId, describeError(error));
        onEnd({
          scanId,
          jobId: job.jobId,
          callback,
          ok: false,
          error: error instanceof Error ? error : new Error(String(error)),
        });
      }
      // The queue logs it.
      throw error;
    }
  };
}

async function runScan(
  ports: PostureJobPorts,
  job: RunningJob,
  { scanId, request: asked }: PostureScanJob,
): Promise<PostureScanResult> {
  const { thread, store, tracer, clusterName, scannerMetrics } = ports;
  await ports.policyRead;
  ports.checkRequest(asked);
  const request = { ...ports.defaults, ...asked };
  const submit = ports.submit && request.submit !== false && request.keepLocal !== true;
  const { jobId, parentId } = job;
  const traceparent = tracer.current() ?? job.traceparent;
  const report = openScanReport(store, { clusterName, jobId, parentId, traceparent }, scanId, ports.clock.now);
  const outcome = await thread.scan(
    { scanId, jobId, request, ...(submit && !report.isSent ? { submit: { reportGuid: report.reportGuid } } : {}) },
    {
      onProgress: progressReporter(job, ports.clock.now),
      takePart: async (part) => {
        report.put(part);
        ports.wakePoster?.();
      },
    },
    job.signal,
  );
  pruneScanReports(store, ports.clock.now());
  scannerMetrics.observeScan(outcome.result, outcome.evaluationSeconds);
  return outcome.result;
}

/** Progress is kept with the job, a few times a second at most; losing one does no harm. */
function progressReporter(job: RunningJob, now: () => number): (progress: ScanProgress) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (progress) => {
    if (now() - last < progressIntervalMs) return;
    last = now();
    job.report({ ...progress }).catch(() => undefined);
  };
}

function isLastAttempt(job: RunningJob, error: unknown): boolean {
  if (error instanceof KsoError && !error.retryable) return true;
  return job.signal.aborted || job.attemptsMade + 1 >= (job.attempts ?? defaultAttempts);
}
