import type { Tracer } from '@kso/kit';
import { fail } from '../errors.ts';
import type { EndedState, JobRecord, JobState, NewJob, Priority } from '../port.ts';

/** A job as the adapters store it: the words of the port as JSON, and beside them what decides anything. */
export interface JobSpec {
  readonly job: NewJob;
  readonly json: string;
  readonly rank: number;
}

const ranks: Readonly<Record<Priority, number>> = { onDemand: 1, newImage: 2, recurring: 3 };
const priorities: readonly Priority[] = ['onDemand', 'newImage', 'recurring'];
const endedStates = new Set<JobState>(['succeeded', 'failed', 'cancelled', 'expired']);
const kindForm = /^[a-z][a-z0-9-]{0,63}$/;
const maxKeyLength = 1024;

export function outcomesOf(count: (state: EndedState) => number): Record<EndedState, number> {
  return {
    succeeded: count('succeeded'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    expired: count('expired'),
  };
}

export function priorityOf(rank: number): Priority {
  return priorities[rank - 1] ?? 'recurring';
}

/** A job as a parent is told of it that was cancelled while the job went on for others. */
export function asCancelled(record: JobRecord): JobRecord {
  const { result: _result, ...rest } = record;
  const { code, message } = fail('JOB_CANCELLED');
  return { ...rest, state: 'cancelled', failure: { code, message } };
}

export function hasEnded(state: JobState): state is EndedState {
  return endedStates.has(state);
}

/**
 * Checks a job before it is stored; a job that got in can always be read back.
 * @throws JOB_INVALID, PAYLOAD_TOO_LARGE
 */
export function jobSpec(job: NewJob, maxPayloadBytes: number, tracer: Tracer): JobSpec {
  const problem = problemOf(job);
  if (problem !== undefined) throw fail('JOB_INVALID', { problem });
  const bytes = Buffer.byteLength(JSON.stringify(job.payload));
  if (bytes > maxPayloadBytes)
    throw fail('PAYLOAD_TOO_LARGE', { kind: job.kind, jobId: job.jobId, bytes, limit: maxPayloadBytes });
  const traceparent = job.traceparent ?? tracer.current();
  const stored = traceparent === undefined ? job : { ...job, traceparent };
  return { job: stored, json: JSON.stringify(stored), rank: ranks[job.priority] };
}

function problemOf(job: NewJob): string | undefined {
  if (!kindForm.test(job.kind)) return `kind "${job.kind.slice(0, 80)}" is not a lower-case name`;
  if (job.key === '' || job.key.length > maxKeyLength) return `the key must have 1 to ${maxKeyLength} characters`;
  if (job.jobId === '' || job.jobId.length > maxKeyLength)
    return `the job id must have 1 to ${maxKeyLength} characters`;
  if (ranks[job.priority] === undefined) return 'the priority is unknown';
  if (job.attempts !== undefined && !(Number.isInteger(job.attempts) && job.attempts > 0))
    return 'attempts must be a positive whole number';
  if (job.backoffMs !== undefined && !(job.backoffMs >= 0)) return 'the backoff must not be negative';
  return undefined;
}
