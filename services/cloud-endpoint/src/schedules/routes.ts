import { randomUUID } from 'node:crypto';
import { parseSchedule } from '@kso/domain';
import type { Clock } from '@kso/kit';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { AccessControl } from '../access/access-control.ts';
import { requirePerson } from '../access/person.ts';
import { readQuery } from '../api/query.ts';
import { clusterName } from '../commands/routes.ts';
import { type SendOptions, sendCommand } from '../commands/send.ts';
import { fail } from '../errors.ts';
import type { Change, Ingest } from '../ingest/port.ts';
import { reasonOf } from '../reason.ts';
import { endingCommand, nameOf, settingCommand } from './commands.ts';
import type { Schedule } from './edits.ts';
import type { KnownSchedule, ScheduleQueries } from './queries.ts';

const label = z.string().regex(/^[A-Za-z\d]([A-Za-z\d_.-]{0,61}[A-Za-z\d])?$/, 'it is no name');
const when = { cron: z.string().min(1).max(200), timeZone: z.string().max(100).default('Etc/UTC') };

/** A recurring scan of one cluster. Without `framework` or `namespace`: of everything. */
export const ScheduleRequest = z.discriminatedUnion('kind', [
  z.strictObject({ cluster: clusterName, kind: z.literal('posture'), framework: label.optional(), ...when }),
  z.strictObject({ cluster: clusterName, kind: z.literal('images'), namespace: label.optional(), ...when }),
]);

export const ScheduleView = z.strictObject({
  cluster: z.string(),
  name: z.string().describe('of its CronJob in the cluster'),
  kind: z.enum(['posture', 'images']),
  framework: z.string().optional(),
  namespace: z.string().optional(),
  cron: z.string(),
  timeZone: z.string(),
  state: z
    .enum(['requested', 'active', 'refused', 'ending', 'endingFailed'])
    .describe('requested and ending: the cluster has not told yet'),
  errors: z.array(z.string()),
  jobId: z.string().describe('of the command that asked for it'),
  createdAt: z.iso.datetime(),
  nextRuns: z.array(z.iso.datetime()).describe('the next five'),
});
export const ScheduleList = z.strictObject({ items: z.array(ScheduleView) });
export const ScheduleQuery = z.object({ cluster: clusterName.optional() });
export const EndingQuery = z.object({
  forget: z
    .enum(['true', 'false'])
    .default('false')
    .describe('do not tell the cluster: it is gone, or the schedule is'),
});

const told = 5;

export interface ScheduleRoutesOptions extends SendOptions {
  readonly access: AccessControl;
  readonly schedules: ScheduleQueries;
  readonly ingest: Pick<Ingest, 'edit'>;
  readonly onChange: (change: Change) => void;
  readonly clock: Clock;
}

/**
 * `GET`, `POST`, `DELETE /api/schedules`: recurring scans, made and ended by commands to the cluster's operator. Asking twice for the same
 * makes one; what became of each is known from the operator's job reports.
 */
export function registerSchedules(app: FastifyInstance, options: ScheduleRoutesOptions): void {
  const { access, schedules, clock } = options;
  const change = createScheduleChanges(options);
  const view = (schedule: KnownSchedule) => viewOf(schedule, clock.now());

  void app.register((scope, _options, done) => {
    requirePerson(scope, access);
    scope.get('/api/schedules', (request) => {
      const { cluster } = readQuery(ScheduleQuery, request.query);
      return { items: schedules.list(access.reader(request).account, cluster).map((each) => view(each)) };
    });
    scope.post('/api/schedules', async (request, reply) => {
      const wanted = read(request.body, access.reader(request).account);
      const { schedule, isNew } = await change.set(wanted);
      return reply.code(isNew ? 202 : 200).send(view(schedule));
    });
    scope.delete('/api/schedules/:cluster/:name', async (request, reply) => {
      const { account } = access.reader(request);
      const { cluster, name } = request.params as { cluster: string; name: string };
      const { forget } = readQuery(EndingQuery, request.query);
      const jobId = await change.end({ account, cluster, name, isForgotten: forget === 'true' });
      return jobId === undefined ? reply.code(204).send() : reply.code(202).send({ jobId });
    });
    done();
  });
}

interface Ending {
  readonly account: string;
  readonly cluster: string;
  readonly name: string;
  readonly isForgotten: boolean;
}

function createScheduleChanges({ schedules, ingest, onChange, ...sending }: ScheduleRoutesOptions) {
  const send = ({ account, cluster }: Schedule, command: ReturnType<typeof settingCommand>, jobId: string) =>
    sendCommand(sending, { account, cluster, command, jobId });
  const changed = ({ account, cluster }: Pick<Schedule, 'account' | 'cluster'>) =>
    onChange({ account, cluster, what: 'schedules' });

  return {
    /** Kept first and then asked for, so that a repetition after a crash sends the same command again. */
    async set(wanted: Schedule): Promise<{ schedule: KnownSchedule; isNew: boolean }> {
      const outcome = await ingest.edit({ type: 'putSchedule', schedule: wanted });
      if (outcome.kind === 'full') throw fail('POLICY_LIMIT', { limit: outcome.limit });
      const isNew = outcome.created > 0;
      const schedule = schedules.findEqual(wanted);
      if (schedule === undefined) throw fail('SCHEDULE_UNKNOWN', { name: wanted.name, cluster: wanted.cluster });
      if (schedule.state === 'active') return { schedule, isNew };
      const { account, cluster, name } = schedule;
      try {
        await send(schedule, settingCommand(schedule), schedule.jobId);
      } catch (error) {
        if (isNew) await ingest.edit({ type: 'forgetSchedule', account, cluster, name });
        throw error;
      }
      changed(schedule);
      return { schedule, isNew };
    },

    /** Answers the id of the ending command, or undefined when the cluster has nothing to end. */
    async end({ isForgotten, ...where }: Ending): Promise<string | undefined> {
      const schedule = schedules.find(where.account, where.cluster, where.name);
      if (schedule === undefined)
        throw fail('SCHEDULE_UNKNOWN', { name: where.name.slice(0, 100), cluster: where.cluster.slice(0, 100) });
      if (isForgotten || schedule.state === 'refused') {
        await ingest.edit({ type: 'forgetSchedule', ...where });
        changed(where);
        return undefined;
      }
      const jobId = randomUUID();
      await send(schedule, endingCommand(schedule), jobId);
      await ingest.edit({ type: 'endSchedule', ...where, jobId });
      changed(where);
      return jobId;
    },
  };
}

/** @throws SCHEDULE_INVALID */
function read(body: unknown, account: string): Schedule {
  const parsed = ScheduleRequest.safeParse(body);
  if (!parsed.success) throw fail('SCHEDULE_INVALID', { reason: reasonOf(parsed.error) });
  const { cluster, kind, cron, timeZone } = parsed.data;
  const schedule = parseSchedule(cron, timeZone);
  if (!schedule.ok) throw fail('SCHEDULE_INVALID', { reason: `cron: ${schedule.reason}` });
  const target = (parsed.data.kind === 'posture' ? parsed.data.framework : parsed.data.namespace) ?? '';
  const wanted = { account, cluster, kind, target, cron, timeZone, jobId: randomUUID() };
  return { ...wanted, name: nameOf(wanted) };
}

function viewOf(schedule: KnownSchedule, now: number): z.output<typeof ScheduleView> {
  const { cluster, name, kind, target, cron, timeZone, state, errors, jobId, createdAt } = schedule;
  const parsed = parseSchedule(cron, timeZone);
  const runs = parsed.ok && state !== 'refused' ? parsed.schedule.nextRuns(told, new Date(now)) : [];
  const scope = kind === 'posture' ? { framework: target } : { namespace: target };
  return {
    cluster,
    name,
    kind,
    ...(target === '' ? {} : scope),
    cron,
    timeZone,
    state,
    errors: [...errors],
    jobId,
    createdAt: new Date(createdAt).toISOString(),
    nextRuns: runs.map((run) => run.toISOString()),
  };
}
