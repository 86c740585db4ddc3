import { createHash } from 'node:crypto';
import { Cron } from 'croner';
import { parseCronExpression } from './cron-expression.ts';

/**
 * When something recurs: a cron expression read in a time zone.
 *
 * Daylight saving: a schedule with its own hours follows the wall clock. A time that the clock skips runs once, at the first minute
 * after the gap; a time that the clock shows twice runs once, the first time. A schedule whose hour is `*` follows elapsed time.
 * A step of two in day-of-month restarts each month (1, 3, … 31, 1): two runs on following days are right.
 */
export interface Schedule {
  /** As given. */
  readonly expression: string;
  /** IANA name; `UTC` unless one was given. */
  readonly timeZone: string;
  /** The first run after `after`. */
  next(after: Date): Date;
  /** The next `count` runs after `after`. */
  nextRuns(count: number, after: Date): Date[];
}

export type ParsedSchedule =
  | { readonly ok: true; readonly schedule: Schedule }
  | { readonly ok: false; readonly reason: string };

/** Reads a schedule; what no clock will ever show (31 February) and unknown time zones are refused. */
export function parseSchedule(expression: string, timeZone = 'UTC'): ParsedSchedule {
  const cron = parseCronExpression(expression);
  if (!cron.ok) return { ok: false, reason: `"${expression}": ${cron.reason}` };
  if (!isTimeZone(timeZone)) return { ok: false, reason: `"${timeZone}" is not an IANA time zone${meant(timeZone)}` };
  const elapsed = cron.everyHour;
  // In UTC the pattern yields plain wall-clock times, which are then placed in the zone by our own rules.
  const pattern = new Cron(cron.fields, { mode: '5-part', timezone: elapsed ? timeZone : 'UTC', paused: true });
  if (pattern.nextRun(new Date(0)) === null) return { ok: false, reason: `"${expression}" never comes` };

  const next = (after: Date): Date => {
    const run = elapsed ? pattern.nextRun(after) : nextByWallClock(pattern, timeZone, after);
    if (run === null) throw new RangeError(`no run of "${expression}" after ${after.toISOString()}`);
    return run;
  };
  const nextRuns = (count: number, after: Date): Date[] => {
    const runs: Date[] = [];
    for (let last = after; runs.length < count; runs.push(last)) last = next(last);
    return runs;
  };
  return { ok: true, schedule: { expression, timeZone, next, nextRuns } };
}

/**
 * The same offset for the same seed, spread evenly over the window: clusters that share a schedule do not all start at once, and a
 * restart does not move the start. Milliseconds, 0 up to (not including) `windowMs`.
 */
export function stableOffset(seed: string, windowMs: number): number {
  const fraction = createHash('sha256').update(seed).digest().readUIntBE(0, 6) / 2 ** 48;
  return Math.floor(fraction * windowMs);
}

function nextByWallClock(pattern: Cron, timeZone: string, after: Date): Date | null {
  let wall: Date | null = wallClock(timeZone, after);
  for (;;) {
    wall = pattern.nextRun(wall);
    if (wall === null) return null;
    const run = instantOf(timeZone, wall);
    // Not later: the second showing of an hour, or one more time inside the gap that has been run.
    if (run > after) return run;
  }
}

/** What the clocks of the zone show, written as if it were UTC. */
function wallClock(timeZone: string, instant: Date): Date {
  const local = Temporal.Instant.fromEpochMilliseconds(instant.getTime())
    .toZonedDateTimeISO(timeZone)
    .toPlainDateTime();
  return new Date(local.toZonedDateTime('UTC').epochMilliseconds);
}

/** When the clocks of the zone show that: the first time if twice, the end of the gap if never. */
function instantOf(timeZone: string, wall: Date): Date {
  const local = Temporal.Instant.fromEpochMilliseconds(wall.getTime()).toZonedDateTimeISO('UTC').toPlainDateTime();
  const placed = local.toZonedDateTime(timeZone, { disambiguation: 'compatible' });
  if (placed.toPlainDateTime().equals(local)) return new Date(placed.epochMilliseconds);
  // The transition before a moment is strictly before it: ask a moment later, the gap may end just there.
  const gapEnd = placed.add({ milliseconds: 1 }).getTimeZoneTransition('previous') ?? placed;
  return new Date(gapEnd.epochMilliseconds);
}

/** Of a name whose case is wrong. */
function meant(name: string): string {
  const known = Intl.supportedValuesOf('timeZone').find((zone) => zone.toLowerCase() === name.toLowerCase());
  return known === undefined ? '' : `: it is written ${known}`;
}

function isTimeZone(name: string): boolean {
  // Offsets such as +02:00 and names in another case are accepted by Intl and refused by CronJobs.
  if (!/^[A-Z]/.test(name) || (meant(name) !== '' && !Intl.supportedValuesOf('timeZone').includes(name))) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
