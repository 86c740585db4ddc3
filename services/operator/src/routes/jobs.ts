import type { JobQueue } from '@kso/queue';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { CommandDesk } from '../commands/command-desk.ts';
import { fail } from '../errors.ts';
import { type ChildView, type CommandView, findJob, listCommands } from '../jobs/job-views.ts';

const ListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  /** `open`: not complete yet. */
  state: z.enum(['open', 'complete']).optional(),
});

export interface JobRoutes {
  readonly queue: JobQueue;
  readonly desk: Pick<CommandDesk, 'cancel'>;
}

/** `GET /v1/jobs`, `GET` and `DELETE /v1/jobs/:id`: what became of commands and of their jobs (docs/reference/operator-api.md). */
export function registerJobs(app: FastifyInstance, { queue, desk }: JobRoutes): void {
  app.get('/v1/jobs', (request) => list(queue, request.query));
  app.get<{ Params: { id: string } }>('/v1/jobs/:id', (request) => find(queue, request.params.id));
  app.delete<{ Params: { id: string } }>('/v1/jobs/:id', (request) => cancel({ queue, desk }, request.params.id));
}

async function cancel({ queue, desk }: JobRoutes, id: string): Promise<CommandView | ChildView> {
  const outcome = await desk.cancel(id);
  const job = await find(queue, id);
  if (outcome === 'cancelled') return job;
  throw fail(outcome === 'ended' ? 'COMMAND_ENDED' : 'JOB_OF_COMMANDS', { id: id.slice(0, 100) });
}

async function list(queue: JobQueue, given: unknown): Promise<{ jobs: CommandView[] }> {
  const query = ListQuery.safeParse(given);
  if (!query.success) throw fail('QUERY_INVALID', { problem: z.prettifyError(query.error).replaceAll('\n', ' ') });
  const { limit, state } = query.data;
  const filter = { limit, ...(state === undefined ? {} : { complete: state === 'complete' }) };
  return { jobs: await listCommands(queue, filter) };
}

async function find(queue: JobQueue, id: string): Promise<CommandView | ChildView> {
  const job = await findJob(queue, id);
  if (job === undefined) throw fail('JOB_UNKNOWN', { id: id.slice(0, 100) });
  return job;
}
