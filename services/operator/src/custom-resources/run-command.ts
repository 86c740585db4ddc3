import type { ParentRecord } from '@kso/queue';
import { type Command, decodeCommands } from '../commands/command.ts';
import type { CommandDesk } from '../commands/command-desk.ts';
import { CommandRecord } from '../commands/plan.ts';
import { findJob } from '../jobs/job-views.ts';
import type { OperatorPorts } from '../ports.ts';
import type { CommandEnds } from './command-ends.ts';
import type { OperatorCommand } from './operator-command.ts';

/** How the work of an object has ended. Several errors are told as a list. */
export interface CommandResult {
  readonly errors: readonly string[];
  /** Goes into the status in base64. */
  readonly payload?: string;
}

/** Carries out one object to the end of its work; may be called again for the same object after a restart. */
export type CommandHandler = (command: OperatorCommand, signal: AbortSignal) => Promise<CommandResult>;

export interface RunCommandParts {
  readonly desk: Pick<CommandDesk, 'submit'>;
  readonly ends: CommandEnds;
  readonly ports: Pick<OperatorPorts, 'queue'>;
}

/** A status is part of an object, which has to stay far below the 1.5 MB of etcd. */
const mostErrors = 50;
const longestError = 1000;

/** `commandType: OperatorAPI`: the body is one command, which becomes a job with the object's guid as its id. */
export function operatorApiHandler({ desk, ends, ports }: RunCommandParts): CommandHandler {
  return async (object, signal) => {
    const jobId = object.spec.guid === '' ? object.uid : object.spec.guid;
    // Taken before a restart, also long ago: it is followed to its end, not begun again.
    if ((await ports.queue.getParent(jobId)) === undefined) {
      const read = readCommand(object.spec.body);
      if (!read.ok) return { errors: [read.problem] };
      const tracked = { ...read.command, jobTracking: { ...read.command.jobTracking, jobID: jobId } };
      const [receipt] = await desk.submit([tracked], 'customResource');
      if (receipt?.outcome === 'notFound') return { errors: [`Command ${receipt.commandName} not found`] };
      if (receipt?.failure !== undefined) return { errors: [receipt.failure.message] };
    }
    const parent = await ends.wait(jobId, signal);
    return parent === undefined ? { errors: ['the job is not known any more'] } : resultOf(parent, ports);
  };
}

type ReadCommand = { readonly ok: true; readonly command: Command } | { readonly ok: false; readonly problem: string };

function readCommand(body: string): ReadCommand {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // Without the parser's words, which quote the text.
    return { ok: false, problem: 'spec.body is not JSON' };
  }
  const decoded = decodeCommands({ commands: [value] });
  if (!decoded.ok) return { ok: false, problem: decoded.problem.replace('commands.0', 'spec.body') };
  const [command] = decoded.commands;
  if (command === undefined || command.commandName === '') return { ok: false, problem: 'the command has no name' };
  return { ok: true, command };
}

async function resultOf(parent: ParentRecord, { queue }: Pick<OperatorPorts, 'queue'>): Promise<CommandResult> {
  const view = await findJob(queue, parent.id);
  if (view === undefined || !('jobs' in view)) return { errors: ['the job is not known any more'] };
  const own = view.failure === undefined ? [] : [view.failure.message];
  if (view.state === 'cancelled') return { errors: own };
  const children = (view.children ?? []).flatMap(({ failure, subject, state }) => {
    if (failure === undefined && state === 'succeeded') return [];
    const what = subject['imageTag'] ?? subject['wlid'] ?? subject['scanId'] ?? 'a job';
    return [`${what}: ${failure?.message ?? state}`];
  });
  const errors = [...own, ...(view.errors ?? []), ...children]
    .slice(0, mostErrors)
    .map((error) => error.slice(0, longestError));
  const plan = CommandRecord.safeParse(parent.data).data?.plan;
  // As upstream has it, the payload of a configuration scan is the scan's id.
  const payload =
    plan?.type === 'posture'
      ? plan.scanId
      : JSON.stringify({
          jobId: view.jobId,
          jobs: view.jobs,
          ...(view.schedules === undefined ? {} : { schedules: view.schedules }),
          ...(view.planned === undefined ? {} : { planned: view.planned }),
        });
  return { errors, payload };
}
