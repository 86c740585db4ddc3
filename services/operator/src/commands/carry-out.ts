import { describeError, KsoError } from '@kso/kit';
import type { ImageScanJob } from '@kso/wire';
import type { OperatorConfig } from '../config.ts';
import type { CommandEnds } from '../custom-resources/command-ends.ts';
import type { Assignment, JobDispatcher } from '../dispatch/dispatcher.ts';
import { fail } from '../errors.ts';
import {
  type CommandStep,
  childStarted,
  commandEnded,
  commandFannedOut,
  commandOutcome,
  noOutcomes,
  tellsOfChildren,
} from '../jobs/command-reports.ts';
import { derivedId } from '../jobs/ids.ts';
import type { JobReport, JobReports } from '../jobs/job-reports.ts';
import type { OperatorMetrics } from '../operator-metrics.ts';
import { fanOut, type ImageTarget } from '../pods/fan-out.ts';
import { guardTimeOf } from '../pods/guard-time.ts';
import type { OperatorPorts } from '../ports.ts';
import { carryOutRegistry } from '../registries/carry-out-registry.ts';
import { forgetLogin } from '../registries/command-login.ts';
import type { RegistryPlan } from '../registries/registry-plan.ts';
import { statusOf, tellRegistryStatus } from '../registries/registry-status.ts';
import { changeSchedules } from '../schedules/change-schedules.ts';
import { type CommandRecord, type FanOutNote, toJson } from './plan.ts';
import type { ImageScope } from './scope.ts';

export interface CarryOutContext {
  readonly config: OperatorConfig;
  readonly ports: OperatorPorts;
  readonly dispatcher: JobDispatcher;
  readonly reports: JobReports;
  readonly metrics: OperatorMetrics;
  readonly ends: CommandEnds;
  /** Breaks a long fan-out off; the next start does it again. */
  readonly signal: AbortSignal;
}

const emptyNote: FanOutNote = { errors: [], pods: 0 };

/** The id of the job of one container within a command; its end is told under the same one. */
export function imageJobId(commandId: string, job: Pick<ImageScanJob, 'wlid' | 'containerName' | 'imageTag'>): string {
  return derivedId(commandId, job.wlid, job.containerName, job.imageTag);
}

/**
 * Gives the jobs of a command out and seals it. May be interrupted anywhere and done again: jobs, their ids and the reports are the
 * same ones then. @throws QUEUE_…, or what keeps pods from being listed for a while: done again it gives out the rest
 */
export async function carryOut(jobId: string, record: CommandRecord, context: CarryOutContext): Promise<FanOutNote> {
  const begun = performance.now();
  // Cancelled while it waited for its turn, or carried out by another operator.
  if ((await context.ports.queue.getParent(jobId))?.sealed === true) return emptyNote;
  const done = await giveOut(jobId, record, context);
  await seal(jobId, record, done, context);
  const { note, jobs } = done;
  context.metrics.fannedOut(record.commandName, { jobs, pods: note.pods }, (performance.now() - begun) / 1000);
  return note;
}

/**
 * Ends a command that cannot be carried out: it has failed, and what was given out already goes on. Otherwise it would be "running"
 * until the next start, which would fail the same way. @throws QUEUE_…
 */
export async function giveUp(jobId: string, record: CommandRecord, reason: unknown, context: CarryOutContext) {
  const { ports } = context;
  const failure =
    reason instanceof KsoError
      ? { code: reason.code, message: reason.message }
      : { code: 'COMMAND_FAILED', message: fail('COMMAND_FAILED', { problem: describeError(reason) }).message };
  const note: FanOutNote = { ...emptyNote, failure };
  const jobs = (await ports.queue.getParent(jobId))?.total ?? 0;
  if (jobs === 0) await endWithoutJobs({ jobId, record }, note, [], context);
  await ports.queue.sealParent(jobId, toJson(note));
  context.ends.changed(jobId);
}

interface GivenOut {
  readonly note: FanOutNote;
  readonly jobs: number;
}

async function giveOut(jobId: string, record: CommandRecord, context: CarryOutContext): Promise<GivenOut> {
  const { plan } = record;
  if (plan.type === 'images') return scanImages(jobId, record, plan.scope, context);
  if (plan.type === 'schedule')
    return { note: { ...emptyNote, ...(await changeSchedules(plan.schedule, context.ports)) }, jobs: 0 };
  if (plan.type === 'registry') return scanRegistry(jobId, record, plan.registry, context);
  if (plan.type === 'remediation') return { note: { ...emptyNote, planned: plan.planned }, jobs: 0 };
  if (plan.type === 'rejected') return { note: { ...emptyNote, failure: plan.failure }, jobs: 0 };
  const { scanId, request } = plan;
  await context.dispatcher.postureScan(assignment(jobId, scanId, record, context), { scanId, request });
  return { note: emptyNote, jobs: 1 };
}

/** Reports first: once sealed, nobody comes back to a command that has no jobs. */
async function seal(
  jobId: string,
  record: CommandRecord,
  { note, jobs }: GivenOut,
  context: CarryOutContext,
): Promise<void> {
  const { ports, reports } = context;
  const step = { jobId, record };
  const steps = commandFannedOut(step, note, jobs);
  if (jobs === 0) await endWithoutJobs(step, note, steps, context);
  else await reports.tryPut(steps);
  await ports.queue.sealParent(jobId, toJson(note));
  context.ends.changed(jobId);
}

/** Of the end of a command that has jobs the last of them tells. */
async function endWithoutJobs(
  step: CommandStep,
  note: FanOutNote,
  steps: JobReport[],
  context: CarryOutContext,
): Promise<void> {
  await context.reports.tryPut([...steps, commandEnded(step, note, noOutcomes)]);
  context.metrics.commandEnded(step.record.commandName, commandOutcome(note, noOutcomes));
  await forgetLogin(step.jobId, step.record, context.ports);
}

async function scanRegistry(
  jobId: string,
  record: CommandRecord,
  plan: RegistryPlan,
  context: CarryOutContext,
): Promise<GivenOut> {
  const { ports, config, dispatcher, reports, signal } = context;
  const job = (imageTag: string) => ({ wlid: '', containerName: '', imageTag });
  try {
    if (ports.registries === undefined) throw fail('REGISTRIES_UNAVAILABLE');
    const done = await carryOutRegistry(plan, {
      ports: ports.registries,
      dispatcher,
      clusterName: config.clusterName,
      transport: {
        plainHttp: config.registryScanningInsecure,
        skipTlsVerify: config.registryScanningSkipTlsVerify,
      },
      assignment: (imageTag) => {
        const id = imageJobId(jobId, job(imageTag));
        return { ...assignment(jobId, id, record, context), sessionJobIds: sessionOf(jobId, record, id) };
      },
      runId: derivedId(jobId, 'registry'),
      putRepositories: (name, repositories) => reports.putRepositories(jobId, name, repositories),
      signal,
    });
    await tellRegistryStatus(plan, statusOf(done.note.errors, done.jobs), context);
    return done;
  } catch (error) {
    if (!(error instanceof KsoError) || error.retryable) throw error;
    await tellRegistryStatus(plan, { scanStatus: 'Failed', scanStatusMessage: error.message }, context);
    return { note: { ...emptyNote, failure: { code: error.code, message: error.message } }, jobs: 0 };
  }
}

/** From the root down (operator-gateway.md 4.2.3): the back end joins reports by them. */
function sessionOf(commandId: string, { parentId }: CommandRecord, id: string): string[] {
  return [...(parentId === undefined ? [] : [parentId]), commandId, id];
}

async function scanImages(
  jobId: string,
  record: CommandRecord,
  scope: ImageScope,
  context: CarryOutContext,
): Promise<GivenOut> {
  const { pods, clock } = context.ports;
  if (pods === undefined) {
    const { code, message } = fail('PODS_UNAVAILABLE');
    return { note: { ...emptyNote, failure: { code, message } }, jobs: 0 };
  }
  const { clusterName, includeNamespaces, excludeNamespaces } = context.config;
  const settings = {
    clusterName,
    includeNamespaces,
    excludeNamespaces,
    guardTimeMs: guardTimeOf(context.config),
  };
  let jobs = 0;
  // Not one by one: those that are told while the list goes on share a commit.
  const told: Promise<void>[] = [];
  const giveOut = async (target: ImageTarget): Promise<void> => {
    context.signal.throwIfAborted();
    const id = imageJobId(jobId, { wlid: target.wlid, containerName: target.container, imageTag: target.imageTag });
    if (tellsOfChildren(record))
      told.push(context.reports.tryPut(childStarted({ jobId, record, childId: id, target: target.wlid })));
    await scanImage(jobId, id, record, target, context);
    jobs += 1;
  };
  const result = await fanOut(pods, scope, { settings, clock }, giveOut);
  await Promise.all(told);
  if (result.passing !== undefined) throw result.passing;
  if (jobs > 0 || result.errors.length === 0) return { note: { pods: result.pods, errors: [...result.errors] }, jobs };
  const { code, message } = fail('FAN_OUT_FAILED', { problem: result.errors.join('; ') });
  return { note: { pods: result.pods, errors: [...result.errors], failure: { code, message } }, jobs };
}

async function scanImage(
  commandId: string,
  id: string,
  record: CommandRecord,
  target: ImageTarget,
  context: CarryOutContext,
): Promise<void> {
  const { imageTag, imageId, wlid, container, instance, platform } = target;
  await context.dispatcher.imageScan(assignment(commandId, id, record, context), {
    imageTag,
    imageHash: imageId,
    wlid,
    containerName: container,
    ...(instance === '' ? {} : { instanceID: instance }),
    ...(platform === undefined ? {} : { platform }),
    sessionJobIds: sessionOf(commandId, record, id),
    actionIDN: 0,
  });
}

function assignment(
  commandId: string,
  jobId: string,
  record: CommandRecord,
  { config, ports }: CarryOutContext,
): Assignment {
  const expires = record.priority === 'recurring' ? ports.clock.now() + config.recurringExpiry : undefined;
  // The span that runs now is a child of the one that brought the command.
  const traceparent = ports.tracer.current() ?? record.traceparent;
  return { commandId, jobId, priority: record.priority, expiresAt: expires, traceparent };
}
