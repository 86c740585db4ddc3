import type { ChildEnd, JobRecord } from '@kso/queue';
import { ImageScanJob, ImageScanResult, imageScanKind } from '@kso/wire';
import { cancelledNote } from '../commands/cancel-command.ts';
import { imageJobId } from '../commands/carry-out.ts';
import { CommandRecord, FanOutNote } from '../commands/plan.ts';
import type { CommandEnds } from '../custom-resources/command-ends.ts';
import type { OperatorMetrics } from '../operator-metrics.ts';
import type { OperatorPorts } from '../ports.ts';
import { forgetLogin } from '../registries/command-login.ts';
import { childEnded, commandEnded, commandOutcome, tellsOfChildren } from './command-reports.ts';
import type { JobReport, JobReports } from './job-reports.ts';

/**
 * What the operator does when a job of a command has ended: reports it, and the command's end with the last one.
 * Throws when the reports cannot be kept; the queue then tells of the end again.
 */
export function childEndHandler(
  ports: OperatorPorts,
  reports: JobReports,
  metrics: OperatorMetrics,
  ends: CommandEnds,
): (end: ChildEnd) => Promise<void> {
  return async (end) => {
    const { child, parentId, data, remaining } = end;
    const log = ports.logger.child({ jobId: child.jobId, parentId });
    const record = CommandRecord.safeParse(data).data;
    if (record === undefined) {
      log.warn({ kind: child.kind }, 'the end of a job is of no command that is known');
      return;
    }
    const failure = failureOf(child);
    const steps: JobReport[] = tellsOfChildren(record) ? [reportOf(end, record, failure)] : [];
    // Only now: a command may have many thousands of jobs.
    const parent = end.complete ? await ports.queue.getParent(parentId) : undefined;
    const given = FanOutNote.parse(parent?.note ?? {});
    const isCancelled = parent?.cancelledAt !== undefined;
    const note = isCancelled ? cancelledNote(given) : given;
    if (parent !== undefined) {
      steps.push(commandEnded({ jobId: parentId, record }, note, parent.outcomes));
    }
    await reports.put(steps);
    log.info({ kind: child.kind, state: child.state, failure, remaining }, 'job ended');
    metrics.jobEnded(child.kind, failure !== undefined && child.state === 'succeeded' ? 'notEvaluated' : child.state);
    if (parent === undefined) return;
    ports.logger.info({ jobId: parentId, outcomes: parent.outcomes }, 'command ended');
    metrics.commandEnded(record.commandName, isCancelled ? 'cancelled' : commandOutcome(note, parent.outcomes));
    await forgetLogin(parentId, record, ports);
    ends.changed(parentId);
  };
}

/** Why there is no result; a scan that found itself unable to look is no success for who waits for one. */
export function failureOf(child: JobRecord): { readonly code: string; readonly message: string } | undefined {
  if (child.failure !== undefined) return child.failure;
  const notEvaluated = ImageScanResult.safeParse(child.result).data?.notEvaluated;
  if (notEvaluated === undefined) return undefined;
  return { code: 'NOT_EVALUATED', message: `not evaluated: ${notEvaluated.reason}: ${notEvaluated.detail}` };
}

function reportOf({ parentId, child }: ChildEnd, record: CommandRecord, failure: { message: string } | undefined) {
  const job = ImageScanJob.safeParse(child.payload).data;
  // A job that had been asked for by another command has that one's id; ours is the one under which its start was told.
  const childId = job === undefined ? child.jobId : imageJobId(parentId, job);
  const target = job?.wlid === '' ? record.target : (job?.wlid ?? child.kind.replace(imageScanKind, record.target));
  return childEnded({ jobId: parentId, record, childId, target }, failure);
}
