import { imageScanJobKey } from '@kso/domain';
import type { JobQueue, NewJob } from '@kso/queue';
import { imageScanKind, type JsonObject, postureScanKind } from '@kso/wire';
import type { Assignment, JobDispatcher } from './dispatcher.ts';

/** Puts scans into the queue from which scanner and kubevuln take them. */
export function queueDispatcher(queue: JobQueue): JobDispatcher {
  return dispatcherOfKinds(queue, { posture: postureScanKind, image: imageScanKind });
}

/** Scans as jobs of the given kinds. Keys begin with the kind, so that the same scan for other workers is another job. */
export function dispatcherOfKinds(
  queue: JobQueue,
  kinds: { readonly posture: string; readonly image: string },
): JobDispatcher {
  return {
    postureScan: (assignment, job) => {
      const key = `${kinds.posture}/${job.scanId}`;
      return queue.addChild(assignment.commandId, newJob(assignment, kinds.posture, key, job as unknown as JsonObject));
    },
    imageScan: (assignment, job) => {
      const key = `${kinds.image}/${imageScanJobKey(job).split('/')[1] ?? ''}`;
      return queue.addChild(assignment.commandId, newJob(assignment, kinds.image, key, job as unknown as JsonObject));
    },
  };
}

function newJob(assignment: Assignment, kind: string, key: string, payload: JsonObject): NewJob {
  const { commandId, jobId, priority, expiresAt, traceparent } = assignment;
  return {
    kind,
    key,
    payload,
    priority,
    jobId,
    parentId: commandId,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
