import type { JobQueue, JobRecord, ParentSummary } from '@kso/queue';
import { cancelledNote } from '../commands/cancel-command.ts';
import { CommandRecord, FanOutNote, type ScheduleView } from '../commands/plan.ts';
import { failureOf } from './child-ends.ts';

type Failure = { readonly code: string; readonly message: string };

/** A command as `GET /v1/jobs` shows it. Times are RFC 3339. */
export interface CommandView {
  readonly jobId: string;
  readonly parentId?: string;
  readonly commandName: string;
  readonly target: string;
  /** `partial`: some of its jobs have a result. */
  readonly state: 'running' | 'succeeded' | 'partial' | 'failed' | 'cancelled' | 'expired';
  readonly openedAt: string;
  readonly completedAt?: string;
  readonly jobs: { readonly total: number; readonly ended: number } & ParentSummary['outcomes'];
  /** What could not be listed. */
  readonly errors?: readonly string[];
  /** Recurring scans that it made or changed. */
  readonly schedules?: readonly ScheduleView[];
  /** What an action would do. */
  readonly planned?: string;
  readonly failure?: Failure;
  /** Only for one command; at most the first thousand. */
  readonly children?: readonly ChildView[];
}

/** One job of a command. */
export interface ChildView {
  readonly jobId: string;
  readonly parentId?: string;
  readonly kind: string;
  readonly state: JobRecord['state'];
  /** What it is about: a workload's container and image, or a scan's id. */
  readonly subject: Readonly<Record<string, string>>;
  readonly attemptsMade: number;
  readonly progress?: JobRecord['progress'];
  readonly result?: JobRecord['result'];
  readonly failure?: Failure;
  readonly addedAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

const mostChildren = 1000;

export async function listCommands(
  queue: JobQueue,
  filter: { complete?: boolean; limit: number },
): Promise<CommandView[]> {
  const parents = await queue.listParents(filter);
  return parents.flatMap((parent) => commandView(parent) ?? []);
}

/** A command with its jobs, or one job, by id. */
export async function findJob(queue: JobQueue, id: string): Promise<CommandView | ChildView | undefined> {
  const parent = await queue.getParent(id);
  const command = parent === undefined ? undefined : commandView(parent);
  if (parent === undefined || command === undefined) {
    const record = await queue.getByJobId(id);
    return record === undefined ? undefined : childView(record);
  }
  const records = await Promise.all(parent.children.slice(0, mostChildren).map((key) => queue.get(key)));
  return { ...command, children: records.filter((record) => record !== undefined).map(childView) };
}

function commandView(parent: ParentSummary): CommandView | undefined {
  const record = CommandRecord.safeParse(parent.data).data;
  if (record === undefined) return undefined;
  const given = FanOutNote.safeParse(parent.note ?? {}).data;
  const { outcomes, completedAt, cancelledAt } = parent;
  const note = cancelledAt === undefined ? given : cancelledNote(given ?? { errors: [], pods: 0 });
  const ended = outcomes.succeeded + outcomes.failed + outcomes.cancelled + outcomes.expired;
  return {
    jobId: parent.id,
    ...(record.parentId === undefined ? {} : { parentId: record.parentId }),
    commandName: record.commandName,
    target: record.target,
    state: stateOf(parent, note?.failure !== undefined),
    openedAt: time(parent.openedAt),
    ...(completedAt === undefined ? {} : { completedAt: time(completedAt) }),
    jobs: { total: parent.total, ended, ...outcomes },
    ...(note === undefined ? {} : noteView(note)),
  };
}

function noteView({ errors, schedules, planned, failure }: FanOutNote) {
  return {
    ...(errors.length === 0 ? {} : { errors }),
    ...(schedules === undefined ? {} : { schedules }),
    ...(planned === undefined ? {} : { planned }),
    ...(failure === undefined ? {} : { failure }),
  };
}

function stateOf({ completedAt, cancelledAt, outcomes, total }: ParentSummary, failed: boolean): CommandView['state'] {
  if (cancelledAt !== undefined) return completedAt === undefined ? 'running' : 'cancelled';
  if (failed) return 'failed';
  if (completedAt === undefined) return 'running';
  const { succeeded, cancelled, expired } = outcomes;
  if (succeeded === total) return 'succeeded';
  if (succeeded > 0) return 'partial';
  if (expired === total) return 'expired';
  return cancelled === total ? 'cancelled' : 'failed';
}

function childView(record: JobRecord): ChildView {
  const { jobId, parentId, kind, state, attemptsMade, progress, result, startedAt, finishedAt } = record;
  const failure = failureOf(record);
  return {
    jobId,
    ...(parentId === undefined ? {} : { parentId }),
    kind,
    state,
    subject: subjectOf(record),
    attemptsMade,
    ...(progress === undefined ? {} : { progress }),
    ...(result === undefined ? {} : { result }),
    ...(failure === undefined ? {} : { failure }),
    addedAt: time(record.addedAt),
    ...(startedAt === undefined ? {} : { startedAt: time(startedAt) }),
    ...(finishedAt === undefined ? {} : { finishedAt: time(finishedAt) }),
  };
}

/** Chosen members of the payload, never all of it: it may hold logins. */
function subjectOf({ payload }: JobRecord): Readonly<Record<string, string>> {
  const names = ['wlid', 'containerName', 'imageTag', 'imageHash', 'scanId'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = payload[name];
      return typeof value === 'string' && value !== '' ? [[name, value]] : [];
    }),
  );
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
