import type { JsonValue } from '@kso/wire';
import type { JobRecord, JobState, NewJob } from '../port.ts';
import { priorityOf } from './job-spec.ts';

/** The columns of a stored run, as both adapters keep them. */
export interface StoredJob {
  readonly spec: string;
  readonly rank: number;
  readonly state: JobState;
  readonly attemptsMade: number;
  readonly progress: string | undefined;
  readonly result: string | undefined;
  readonly failureCode: string | undefined;
  readonly failureMessage: string | undefined;
  readonly addedAt: number;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
}

/** The record of the port out of what was stored. Our own writing, so it is parsed without a schema. */
export function toRecord(stored: StoredJob): JobRecord {
  const { progress, result, failureCode, failureMessage, startedAt, finishedAt } = stored;
  return {
    ...(JSON.parse(stored.spec) as NewJob),
    priority: priorityOf(stored.rank),
    state: stored.state,
    attemptsMade: stored.attemptsMade,
    ...(progress === undefined ? {} : { progress: JSON.parse(progress) as JsonValue }),
    ...(result === undefined ? {} : { result: JSON.parse(result) as JsonValue }),
    ...(failureCode === undefined ? {} : { failure: { code: failureCode, message: failureMessage ?? '' } }),
    addedAt: stored.addedAt,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
  };
}
