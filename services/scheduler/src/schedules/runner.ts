import { createHash } from 'node:crypto';
import { type BasePorts, type Counter, type Gauge, type Logger, retryDelay } from '@kso/kit';
import type { JsonObject } from '@kso/wire';
import type { ScheduledCommand } from '../config.ts';
import type { LastRuns } from './last-runs.ts';
import type { Due, Plan } from './plan.ts';

/** What the operator made of a command. */
export type SubmitResult =
  | { readonly kind: 'accepted' }
  /** It would say no again: this run is given up, the next one is tried. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Try again. */
  | { readonly kind: 'unavailable'; readonly reason: string; readonly retryAfterMs?: number };

/** The way to the operator: its REST interface, or a call in the same process. */
export interface CommandPort {
  /**
   * `body` is a list of commands (operator-gateway.md 1.3) with `jobTracking.jobID` set to `jobId`. The same job id is offered again when it is
   * not known whether the first offer arrived: it must not run twice.
   */
  submit(body: JsonObject, jobId: string): Promise<SubmitResult>;
}

export interface RunnerOptions {
  readonly schedule: ScheduledCommand;
  readonly plan: Plan;
  /** Planned time of the run that was handled last. */
  readonly last: number;
  readonly lastRuns: LastRuns;
  readonly commands: CommandPort;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
  readonly signal: AbortSignal;
}

export interface RunnerMeters {
  readonly runs: Counter<'schedule' | 'outcome'>;
  readonly next: Gauge<'schedule'>;
  readonly lag: Gauge<'schedule'>;
}

/** Longest sleep at a time: a laptop that slept and a clock that was set are noticed within it. */
const maxSleepMs = 30_000;

/** The planned time from which a schedule goes on; a new one has missed nothing. @throws STORE_… */
export function lastPlanned(lastRuns: LastRuns, schedule: string, now: number): number {
  const known = lastRuns.get(schedule);
  if (known === undefined) lastRuns.set(schedule, now);
  return known ?? now;
}

/** Runs one schedule until the signal aborts. */
export async function runSchedule(options: RunnerOptions, meters: RunnerMeters, ports: BasePorts): Promise<void> {
  const { plan, signal } = options;
  const logger = ports.logger.child({ schedule: plan.name });
  let { last } = options;
  while (!signal.aborted) {
    const due = plan.next(last, ports.clock.now());
    meters.next.set({ schedule: plan.name }, due.beginsAt / 1000);
    if (!(await sleepUntil(due.beginsAt, signal, ports))) return;
    // Missed while it slept? Then a newer run is due, and it stands for this one too.
    const current = plan.next(last, ports.clock.now());
    const outcome = await run(current, options, logger, ports);
    if (outcome === 'interrupted') return;
    meters.runs.inc({ schedule: plan.name, outcome });
    if (outcome === 'accepted') meters.lag.set({ schedule: plan.name }, (ports.clock.now() - current.beginsAt) / 1000);
    last = current.plannedAt;
    remember(options.lastRuns, plan.name, last, logger);
  }
}

/** A full disk does not stop a schedule: at worst the run is offered again after a restart, under the same id. */
function remember(lastRuns: LastRuns, schedule: string, plannedAt: number, logger: Logger): void {
  try {
    lastRuns.set(schedule, plannedAt);
  } catch (error) {
    logger.error({ err: error }, 'the last run could not be written down');
  }
}

/** False when it was interrupted. */
async function sleepUntil(when: number, signal: AbortSignal, { clock }: BasePorts): Promise<boolean> {
  for (;;) {
    if (signal.aborted) return false;
    const remaining = when - clock.now();
    if (remaining <= 0) return true;
    await clock.sleep(Math.min(remaining, maxSleepMs), signal).catch(() => undefined);
  }
}

async function run(
  due: Due,
  options: RunnerOptions,
  logger: Logger,
  ports: BasePorts,
): Promise<'accepted' | 'refused' | 'superseded' | 'interrupted'> {
  const { plan, schedule, signal } = options;
  const jobId = jobIdOf(plan.name, due.plannedAt);
  const log = logger.child({ jobId });
  const body = bodyOf(schedule.command, jobId, due.plannedAt);
  const attributes = { 'kso.schedule': plan.name, 'kso.job_id': jobId };
  return await ports.tracer.span(`schedule ${plan.name}`, { attributes }, async () => {
    log.info({ plannedAt: new Date(due.plannedAt).toISOString() }, 'scheduled run begins');
    for (let attempt = 1; ; attempt += 1) {
      const result = await submit(options, body, jobId);
      if (result.kind === 'accepted') return 'accepted';
      if (result.kind === 'refused') {
        log.error({ reason: result.reason }, 'scheduled run was refused');
        return 'refused';
      }
      const delayMs = retryDelay(attempt, options.backoff, result.retryAfterMs);
      log.warn({ reason: result.reason, attempt, delayMs }, 'scheduled run could not be handed over');
      if (!(await sleepUntil(ports.clock.now() + delayMs, signal, ports))) return 'interrupted';
      // The next one is due already: it does the same for a newer state.
      if (plan.next(due.plannedAt, ports.clock.now()).beginsAt <= ports.clock.now()) return 'superseded';
    }
  });
}

async function submit({ commands }: RunnerOptions, body: JsonObject, jobId: string): Promise<SubmitResult> {
  try {
    return await commands.submit(body, jobId);
  } catch (error) {
    return { kind: 'unavailable', reason: error instanceof Error ? error.message : String(error) };
  }
}

function bodyOf(command: JsonObject, jobId: string, plannedAt: number): JsonObject {
  const { jobTracking: given } = command;
  const parent =
    typeof given === 'object' && given !== null && 'parentAction' in given ? given.parentAction : undefined;
  const timestamp = new Date(plannedAt).toISOString();
  const jobTracking = { ...(parent === undefined ? {} : { parentAction: parent }), jobID: jobId, timestamp };
  return { commands: [{ ...command, jobTracking }] };
}

/** The same for the same run, so that one that is offered again after a crash is recognised. A version 8 UUID (RFC 9562). */
export function jobIdOf(schedule: string, plannedAt: number): string {
  const hash = createHash('sha256').update(`${schedule}\n${plannedAt}`).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
