import { parseSchedule } from '@kso/domain';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makePlan, type Plan } from './plan.ts';

const at = (text: string) => Date.parse(text);
const iso = (ms: number) => new Date(ms).toISOString();

function plan(cron: string, options: { timeZone?: string; spread?: number; cluster?: string } = {}): Plan {
  const { timeZone = 'UTC', spread = 0, cluster = 'prod' } = options;
  const made = makePlan({ name: 'posture', cron, timeZone, spread }, cluster);
  if (!made.ok) throw new Error(made.problem);
  return made.plan;
}

describe('what is due', () => {
  const daily = plan('0 8 * * *');
  const last = at('2026-11-27T08:00:00Z');

  it('is the next run when nothing was missed', () => {
    expect(iso(daily.next(last, at('2026-11-27T09:00:00Z')).beginsAt)).toBe('2026-11-28T08:00:00.000Z');
  });

  it('is the newest missed run when some were', () => {
    expect(iso(daily.next(last, at('2026-11-30T07:59:59Z')).beginsAt)).toBe('2026-11-29T08:00:00.000Z');
    expect(iso(daily.next(last, at('2026-11-30T08:00:00Z')).beginsAt)).toBe('2026-11-30T08:00:00.000Z');
  });

  it('is never a run that was handled', () => {
    expect(iso(daily.next(last, last).plannedAt)).toBe('2026-11-28T08:00:00.000Z');
  });

  it('is found as a walk through all runs would, however long the outage', () => {
    const crons = fc.constantFrom('* * * * *', '*/7 * * * *', '0 * * * *', '30 2 * * *', '0 6 * * MON', '0 0 31 * *');
    fc.assert(
      fc.property(crons, fc.nat(3 * 86_400_000), (cron, outage) => {
        const parsed = parseSchedule(cron);
        if (!parsed.ok) throw new Error(parsed.reason);
        const now = last + outage;
        let expected = parsed.schedule.next(new Date(last));
        for (let run = expected; run.getTime() <= now; run = parsed.schedule.next(run)) expected = run;
        expect(plan(cron).next(last, now).plannedAt).toBe(expected.getTime());
      }),
      { numRuns: 40 },
    );
    expect(iso(plan('* * * * *').next(last, at('2027-11-27T08:00:30Z')).plannedAt)).toBe('2027-11-27T08:00:00.000Z');
    expect(iso(plan('0 0 1 1 *').next(last, at('2029-06-01T00:00:00Z')).plannedAt)).toBe('2029-01-01T00:00:00.000Z');
  });
});

describe('spread', () => {
  const hour = 3_600_000;

  it('is the same for a cluster at all times and differs between clusters', () => {
    const offsets = Array.from({ length: 200 }, (_, n) => plan('0 8 * * *', { spread: hour, cluster: `c${n}` }).offset);
    expect(plan('0 8 * * *', { spread: hour, cluster: 'c7' }).offset).toBe(offsets[7]);
    expect(Math.min(...offsets)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...offsets)).toBeLessThan(hour);
    expect(new Set(offsets.map((offset) => Math.floor(offset / 60_000))).size).toBeGreaterThan(50);
  });

  it('moves the beginning and not the planned time', () => {
    const { next, offset } = plan('0 8 * * *', { spread: hour });
    const due = next(at('2026-11-29T08:00:00Z'), at('2026-11-30T08:00:00Z'));
    expect([iso(due.plannedAt), due.beginsAt]).toEqual(['2026-11-30T08:00:00.000Z', due.plannedAt + offset]);
  });
});

describe('B38 time zones and clock changes', () => {
  const runs = (cron: string, timeZone: string, from: string, count: number) =>
    plan(cron, { timeZone }).upcoming(at(from), count).map(iso);

  it('a time that the clock skips runs once, at the next valid minute', () => {
    expect(runs('30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00:00Z', 2)).toEqual([
      '2027-03-28T01:00:00.000Z',
      '2027-03-29T00:30:00.000Z',
    ]);
  });

  it('a time that the clock shows twice runs once', () => {
    expect(runs('30 2 * * *', 'Europe/Berlin', '2027-10-30T12:00:00Z', 2)).toEqual([
      '2027-10-31T00:30:00.000Z',
      '2027-11-01T01:30:00.000Z',
    ]);
  });

  it('another zone than that of the process', () => {
    expect(runs('0 6 * * MON', 'America/New_York', '2026-11-30T12:00:00Z', 1)).toEqual(['2026-12-07T11:00:00.000Z']);
  });

  it.each([
    ['0 0 31 2 *', 'UTC', 'never comes'],
    ['61 * * * *', 'UTC', '61'],
    ['0 8 * * *', 'Mars/Olympus', 'IANA'],
  ])('%s in %s is refused', (cron, timeZone, reason) => {
    const made = makePlan({ name: 'posture', cron, timeZone, spread: 0 }, 'c');
    expect(made).toEqual({ ok: false, problem: expect.stringContaining(reason) });
    expect(made).toMatchObject({ problem: expect.stringContaining('schedule posture') });
  });
});
