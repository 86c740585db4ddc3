import { fail } from '../errors.ts';
import { commandEnded, noOutcomes } from '../jobs/command-reports.ts';
import { forgetLogin, forgetUnmade } from '../registries/command-login.ts';
import type { CarryOutContext } from './carry-out.ts';
import { CommandRecord, type FanOutNote } from './plan.ts';

/** `ended`: it had ended before. `unknown`: there is no such command. */
export type Cancelled = 'cancelled' | 'ended' | 'unknown';

/** What is said of a command that was cancelled, instead of why it failed. */
export function cancelledNote(note: FanOutNote): FanOutNote {
  const { code, message } = fail('COMMAND_CANCELLED');
  return { ...note, failure: { code, message } };
}

/** Cancels a command: jobs that nobody else waits for, too. Its end is told like any other. @throws QUEUE_… */
export async function cancelCommand(
  jobId: string,
  { ports, reports, metrics, ends }: Pick<CarryOutContext, 'ports' | 'reports' | 'metrics' | 'ends'>,
): Promise<Cancelled> {
  const record = CommandRecord.safeParse((await ports.queue.getParent(jobId))?.data).data;
  if (record === undefined) return 'unknown';
  if (!(await ports.queue.cancelParent(jobId))) return 'ended';
  ports.logger.info({ jobId, parentId: record.parentId, commandName: record.commandName }, 'command cancelled');
  // Of the end of one that has jobs the last of them tells.
  if ((await ports.queue.getParent(jobId))?.total === 0) {
    const note = cancelledNote({ errors: [], pods: 0 });
    await reports.tryPut([commandEnded({ jobId, record }, note, noOutcomes)]);
    metrics.commandEnded(record.commandName, 'cancelled');
    await forgetLogin(jobId, record, ports);
    await forgetUnmade(record, ports);
  }
  ends.changed(jobId);
  return 'cancelled';
}
