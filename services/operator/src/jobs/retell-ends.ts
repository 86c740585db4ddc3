import { cancelledNote } from '../commands/cancel-command.ts';
import { CommandRecord, FanOutNote } from '../commands/plan.ts';
import type { OperatorPorts } from '../ports.ts';
import { commandEnded } from './command-reports.ts';
import type { JobReport, JobReports } from './job-reports.ts';

const most = 1000;
const withinMs = 24 * 60 * 60 * 1000;

/**
 * Tells again of commands that ended within the last day, as far as the queue still knows them: an operator whose volume went with its
 * pod has lost what was not delivered yet. What the outbox or the receiver has already is the same report there, and counts once.
 * @throws QUEUE_…, STORE_…
 */
export async function retellEnds(
  { queue, clock }: Pick<OperatorPorts, 'queue' | 'clock'>,
  reports: JobReports,
): Promise<void> {
  const since = clock.now() - withinMs;
  const ended = (await queue.listParents({ complete: true, limit: most })).flatMap((parent): JobReport[] => {
    const { id, data, note, cancelledAt, completedAt, outcomes } = parent;
    const record = CommandRecord.safeParse(data).data;
    if (record === undefined || completedAt === undefined || completedAt < since) return [];
    const given = FanOutNote.parse(note ?? {});
    const said = cancelledAt === undefined ? given : cancelledNote(given);
    return [{ ...commandEnded({ jobId: id, record }, said, outcomes), at: completedAt }];
  });
  await reports.put(ended.toReversed());
}
