import type { CommandRecord, FanOutNote } from '../commands/plan.ts';
import type { JobReport } from './job-reports.ts';

/*
 * The steps of a command and of its jobs, each with a number that follows from what is stored with the command: a step that is written
 * again after a crash is the same report.
 *
 * a single command:   started, what is done, [the scan's id,] end
 * a scoped one:       started, what is listed, each listing error, how many jobs, end
 * a job of it:        started, what is done, end
 */

export interface CommandStep {
  readonly jobId: string;
  readonly record: CommandRecord;
}

/** Of a command without jobs. */
export const noOutcomes = { succeeded: 0, failed: 0, cancelled: 0, expired: 0 };

type Outcomes = Readonly<Record<'succeeded' | 'failed' | 'cancelled' | 'expired', number>>;

export function commandStarted({ jobId, record }: CommandStep): JobReport[] {
  const first = record.firstSequence;
  const details = detailsOf(record);
  return [step({ jobId, record }, first, 'started'), step({ jobId, record }, first + 1, 'started', { details })];
}

export function commandFannedOut({ jobId, record }: CommandStep, note: FanOutNote, jobs: number): JobReport[] {
  const base = { jobId, record };
  const next = record.firstSequence + 2;
  if (record.plan.type === 'posture') {
    const details = `triggered successfully, scan ID: '${record.plan.scanId}'`;
    return [step(base, next, 'started', { details })];
  }
  if (hasNoSteps(record)) return [];
  if (record.plan.type === 'registry') return registryFannedOut(base, next, note, jobs);
  const errors = note.errors.map((line, index) => step(base, next + index, 'failure', { errors: [line] }));
  return [
    ...errors,
    step(base, next + errors.length, 'started', { details: `${jobs} image scans of ${note.pods} pods` }),
  ];
}

/** A test is told stage by stage; of a scan what was left out, then how many images. */
function registryFannedOut(base: CommandStep, next: number, note: FanOutNote, jobs: number): JobReport[] {
  if (note.stages !== undefined)
    return note.stages.map((stage, index) => step(base, next + index, 'success', { details: stage }));
  const warnings = note.errors.map((line, index) => step(base, next + index, 'warning', { errors: [line] }));
  return [...warnings, step(base, next + warnings.length, 'started', { details: `${jobs} images to scan` })];
}

export function commandEnded({ jobId, record }: CommandStep, note: FanOutNote, outcomes: Outcomes): JobReport {
  const sequence = record.firstSequence + 2 + stepsBetween(record, note);
  const base = { jobId, record };
  if (note.failure !== undefined) {
    const details = note.failedStage === undefined ? {} : { details: note.failedStage };
    return step(base, sequence, 'failure', { errors: [note.failure.message], ...details });
  }
  const { succeeded, failed, cancelled, expired } = outcomes;
  const bad = failed + cancelled + expired;
  if (bad === 0 && note.errors.length === 0) return step(base, sequence, isScoped(record) ? 'success' : 'done');
  const errors = [`${failed} failed, ${cancelled} cancelled, ${expired} expired, ${succeeded} succeeded`];
  return step(base, sequence, succeeded === 0 ? 'failure' : 'warning', { errors });
}

/** Steps of `commandFannedOut`. */
function stepsBetween(record: CommandRecord, { stages, errors }: FanOutNote): number {
  if (hasNoSteps(record)) return 0;
  return stages?.length ?? 1 + errors.length;
}

/** It never has jobs: nothing is told between its beginning and its end. */
function hasNoSteps({ plan }: CommandRecord): boolean {
  return plan.type === 'rejected' || plan.type === 'schedule' || plan.type === 'remediation';
}

/** How a command has ended, as metrics count it. */
export function commandOutcome(note: FanOutNote, outcomes: Outcomes): 'succeeded' | 'partial' | 'failed' {
  if (note.failure !== undefined) return 'failed';
  const { succeeded, failed, cancelled, expired } = outcomes;
  if (failed + cancelled + expired === 0) return note.errors.length === 0 ? 'succeeded' : 'partial';
  return succeeded === 0 ? 'failed' : 'partial';
}

export interface ChildStep extends CommandStep {
  readonly childId: string;
  readonly target: string;
}

export function childStarted(child: ChildStep): JobReport[] {
  return [childStep(child, 1, 'started'), childStep(child, 2, 'started', { details: 'Handling single request' })];
}

export function childEnded(child: ChildStep, failure: { readonly message: string } | undefined): JobReport {
  return failure === undefined
    ? childStep(child, 3, 'done')
    : childStep(child, 3, 'failure', { errors: [failure.message] });
}

/** A command that stands for itself tells of its only job in its own steps. */
export function tellsOfChildren(record: CommandRecord): boolean {
  return isScoped(record);
}

function isScoped({ plan }: CommandRecord): boolean {
  return plan.type === 'images' && plan.scope.scoped;
}

function detailsOf({ plan }: CommandRecord): string {
  if (plan.type !== 'images' || !plan.scope.scoped) return 'Handling single request';
  const { namespaces, labels, fields } = plan.scope;
  const where = namespaces === undefined ? 'all namespaces' : `namespaces ${namespaces.join(', ')}`;
  const selectors = [labels, fields].map((map) => selectorText(map ?? {})).filter((text) => text !== '');
  return [where, ...selectors].join('; ').slice(0, 1024);
}

function selectorText(map: Readonly<Record<string, string>>): string {
  return Object.entries(map)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

type Extra = Pick<JobReport, 'details' | 'errors'>;

function step(
  { jobId, record }: CommandStep,
  sequence: number,
  status: JobReport['status'],
  extra: Extra = {},
): JobReport {
  const { parentId, commandName, target, source, traceparent } = record;
  return { jobId, parentId, sequence, status, action: commandName, target, source, traceparent, ...extra };
}

function childStep(child: ChildStep, sequence: number, status: JobReport['status'], extra: Extra = {}): JobReport {
  const { childId, jobId, target, record } = child;
  return { ...step({ jobId: childId, record }, sequence, status, extra), parentId: jobId, target };
}
