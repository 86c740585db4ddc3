import { describeError, KsoError } from '@kso/kit';
import type { CommandProgress, CommandSender, SendOutcome } from '@kso/new-images';
import type { JobQueue } from '@kso/queue';
import { decodeCommands } from '../commands/command.ts';
import type { CommandDesk } from '../commands/command-desk.ts';
import { FanOutNote } from '../commands/plan.ts';
import { fail } from '../errors.ts';

/** The way of commands within the operator: no network between who asks and who carries out. */
export function deskSender(desk: Pick<CommandDesk, 'submit'>, queue: Pick<JobQueue, 'getParent'>): CommandSender {
  return {
    route: 'operator',
    send: async (command): Promise<SendOutcome> => {
      const decoded = decodeCommands({ commands: [command] });
      if (!decoded.ok) throw fail('COMMANDS_MALFORMED', { problem: decoded.problem });
      try {
        const [receipt] = await desk.submit(decoded.commands, 'internal');
        if (receipt?.failure === undefined) return { outcome: 'accepted' };
        return { outcome: 'refused', status: 400, detail: receipt.failure.message };
      } catch (error) {
        if (!(error instanceof KsoError && error.retryable)) throw error;
        return { outcome: 'unavailable', detail: error.message };
      }
    },
    progressOf: async (jobId) => {
      try {
        return progressIn(await queue.getParent(jobId));
      } catch (error) {
        if (error instanceof KsoError && error.retryable) return { progress: 'open' };
        return { progress: 'nothing', detail: describeError(error) };
      }
    },
  };
}

function progressIn(parent: Awaited<ReturnType<JobQueue['getParent']>>): CommandProgress {
  if (parent === undefined) return { progress: 'nothing', detail: 'the command is not known any more' };
  if (parent.total > 0) return { progress: 'queued' };
  if (parent.completedAt === undefined) return { progress: 'open' };
  const failure = FanOutNote.safeParse(parent.note ?? {}).data?.failure;
  return { progress: 'nothing', detail: failure?.message ?? 'no such pod was found' };
}
