import type { JobQueue, JobRecord, JobState } from '@kso/queue';
import { imageScanKind } from '@kso/wire';
import type { FastifyInstance } from 'fastify';
import { endpointOf, type ScanEndpoint } from '../scanning/endpoint.ts';
import type { JobAliases } from './job-aliases.ts';
import { sendUpstreamProblem } from './problem.ts';

/** A job as `GET /v1/scanStatus/:jobID` shows it (kubevuln.md 1.8); times in RFC 3339. */
export interface ScanStatus {
  readonly jobID: string;
  readonly endpoint: ScanEndpoint;
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed' | 'abandoned';
  readonly phase: string;
  readonly reason?: string;
  readonly acceptedAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly updatedAt: string;
}

const states: Readonly<Record<JobState, ScanStatus['state']>> = {
  waiting: 'queued',
  delayed: 'queued',
  active: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  expired: 'failed',
  cancelled: 'abandoned',
};

export function registerScanStatus(app: FastifyInstance, { queue, aliases }: ScanStatusOptions): void {
  app.get<{ Params: { jobID: string } }>('/v1/scanStatus/:jobID', async (request, reply) => {
    const { jobID } = request.params;
    const key = aliases.find(jobID);
    const record = (await queue.getByJobId(jobID)) ?? (key === undefined ? undefined : await queue.get(key));
    if (record === undefined || record.kind !== imageScanKind) {
      return sendUpstreamProblem(reply, 404, `jobID=${jobID}`);
    }
    return scanStatus(jobID, record);
  });
}

export interface ScanStatusOptions {
  readonly queue: JobQueue;
  readonly aliases: JobAliases;
}

export function scanStatus(jobID: string, record: JobRecord): ScanStatus {
  const state = states[record.state];
  const { addedAt, startedAt, finishedAt, failure } = record;
  return {
    jobID,
    endpoint: endpointOf(record.payload),
    state,
    phase: phaseOf(state, record),
    ...(failure === undefined ? {} : { reason: failure.code.toLowerCase() }),
    acceptedAt: time(addedAt),
    ...(startedAt === undefined ? {} : { startedAt: time(startedAt) }),
    ...(finishedAt === undefined ? {} : { finishedAt: time(finishedAt) }),
    updatedAt: time(finishedAt ?? startedAt ?? addedAt),
  };
}

function phaseOf(state: ScanStatus['state'], { progress }: JobRecord): string {
  if (state === 'queued' || state === 'abandoned') return state;
  if (state !== 'running') return 'completed';
  const phase = typeof progress === 'object' && progress !== null && !Array.isArray(progress) ? progress['phase'] : '';
  return typeof phase === 'string' && phase !== '' ? phase : 'running';
}

function time(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
