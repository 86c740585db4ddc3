import { builtInCatalogue, type PolicyCatalogue } from '@kso/controls';
import type { JobQueue, NewJob, Priority } from '@kso/queue';
import { type JsonObject, type PostureScanRequest, postureScanKind } from '@kso/wire';
import { fail } from '../errors.ts';
import { requestExceptions } from '../policy/posture-policy.ts';
import { describeReference, referenceOf } from '../scan/object-reference.ts';
import { selectable, selectTarget, targetOf } from '../scan/target.ts';

/** Key of the job of a scan. */
export const scanKey = (scanId: string): string => `${postureScanKind}/${scanId}`;

export interface NewScan {
  readonly scanId: string;
  readonly request: PostureScanRequest;
  readonly priority: Priority;
  /** Told when the scan has ended. */
  readonly callback?: string | undefined;
}

/** The job of a scan, as every way in makes it. */
export function scanJob({ scanId, request, priority, callback }: NewScan): NewJob {
  return {
    kind: postureScanKind,
    key: scanKey(scanId),
    payload: { scanId, request: request as JsonObject, ...(callback === undefined ? {} : { callback }) },
    priority,
    jobId: scanId,
  };
}

/**
 * Refuses what can be seen to be wrong before anything is queued. Names are looked up in everything that exists: whether they fit
 * the source is seen by the scan. @throws UNKNOWN_TARGETS (B09), BAD_REQUEST, OBJECT_REFUSED
 */
export function checkRequest(request: PostureScanRequest, catalogue: PolicyCatalogue = builtInCatalogue): void {
  const target = targetOf(request);
  const selection = selectTarget(target, { scope: 'cluster' }, selectable(catalogue));
  if (!selection.ok) throw fail('UNKNOWN_TARGETS', { unknown: selection.unknown });
  requestExceptions(request.exceptions ?? []);
  refuseSecret(request);
}

/** Secrets are not scanned one by one (scanner.md 7), whether the scanner could read them or not. */
function refuseSecret({ scanObject }: PostureScanRequest): void {
  const reference = referenceOf(scanObject);
  if (reference?.kind.toLowerCase() !== 'secret' || reference.apiVersion?.includes('/') === true) return;
  throw fail('OBJECT_REFUSED', { object: describeReference(reference), problem: 'Secrets are not read by scans' });
}

/** @throws QUEUE_FULL */
export async function checkCapacity(queue: JobQueue, capacity: number): Promise<void> {
  const { waiting, delayed } = await queue.counts(postureScanKind);
  if (waiting + delayed >= capacity) throw fail('QUEUE_FULL', { waiting: waiting + delayed });
}
