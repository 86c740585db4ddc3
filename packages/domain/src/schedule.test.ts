import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseSchedule, type Schedule, stableOffset } from './schedule.ts';

function schedule(expression: string, timeZone?: string): Schedule {
  const parsed = parseSchedule(expression, timeZone);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.schedule;
}

function runs(of: Schedule, count: number, after: string): string[] {
  return of.nextRuns(count, new Date(after)).map((run) => run.toISOString().slice(0, 16));
}

describe('B38 cron, time zones and daylight saving', () => {
  test('UTC unless a zone is given', () => {
    expect(runs(schedule('5 1 * * *'), 1, '2027-03-28T00:00:00Z')).toEqual(['2027-03-28T01:05']);
    expect(schedule('5 1 * * *').timeZone).toBe('UTC');
  });

  test('gap: a time that does not exist runs once, at the next valid minute', () => {
    expect(runs(schedule('30 2 * * *', 'Europe/Berlin'), 3, '2027-03-27T00:00:00Z')).toEqual([
      '2027-03-27T01:30',
      '2027-03-28T01:00', // 03:00 CEST
      '2027-03-29T00:30',
    ]);
  });

  test('gap: several times inside it, and the minute after it, are one run', () => {
    expect(runs(schedule('0,30 2,3 * * *', 'Europe/Berlin'), 3, '2027-03-28T00:00:00Z')).toEqual([
      '2027-03-28T01:00',
      '2027-03-28T01:30',
      '2027-03-29T00:00',
    ]);
    expect(runs(schedule('0 */2 * * *', 'Europe/Berlin'), 2, '2027-03-28T00:00:00Z')).toEqual([
      '2027-03-28T01:00',
      '2027-03-28T02:00',
    ]);
  });

  test('overlap: runs once, the first time', () => {
    expect(runs(schedule('30 2 * * *', 'Europe/Berlin'), 2, '2027-10-30T12:00:00Z')).toEqual([
      '2027-10-31T00:30',
      '2027-11-01T01:30',
    ]);
    expect(runs(schedule('*/30 2 * * *', 'Europe/Berlin'), 3, '2027-10-30T12:00:00Z')).toEqual([
      '2027-10-31T00:00',
      '2027-10-31T00:30',
      '2027-11-01T01:00',
    ]);
  });

  test('overlap: asked between the two showings, the next is tomorrow', () => {
    expect(runs(schedule('30 2 * * *', 'Europe/Berlin'), 1, '2027-10-31T01:10:00Z')).toEqual(['2027-11-01T01:30']);
  });

  test('a schedule of every hour follows elapsed time', () => {
    expect(runs(schedule('30 * * * *', 'Europe/Berlin'), 3, '2027-10-31T00:00:00Z')).toEqual([
      '2027-10-31T00:30',
      '2027-10-31T01:30',
      '2027-10-31T02:30',
    ]);
  });

  test('monday in New York', () => {
    expect(runs(schedule('0 6 * * MON', 'America/New_York'), 2, '2027-03-10T00:00:00Z')).toEqual([
      '2027-03-15T10:00',
      '2027-03-22T10:00',
    ]);
  });

  test('zones whose clocks change at midnight or by half an hour', () => {
    expect(runs(schedule('30 0 * * *', 'America/Sao_Paulo'), 2, '2018-11-03T12:00:00Z')).toEqual([
      '2018-11-04T03:00',
      '2018-11-05T02:30',
    ]);
    expect(runs(schedule('45 1 * * *', 'Australia/Lord_Howe'), 2, '2027-04-03T00:00:00Z')).toEqual([
      '2027-04-03T14:45',
      '2027-04-04T15:15',
    ]);
  });

  test('*/2 in day-of-month restarts each month', () => {
    expect(runs(schedule('0 0 */2 * *'), 5, '2027-01-28T00:00:00Z')).toEqual([
      '2027-01-29T00:00',
      '2027-01-31T00:00',
      '2027-02-01T00:00',
      '2027-02-03T00:00',
      '2027-02-05T00:00',
    ]);
  });

  it.each(['0 0 31 2 *', '0 0 30 2 *', '0 0 31 4,6,9,11 *'])('%s never comes and is refused', (expression) => {
    expect(parseSchedule(expression)).toEqual({ ok: false, reason: `"${expression}" never comes` });
  });

  test('29 February is rare, not never', () => {
    expect(runs(schedule('0 0 29 2 *'), 2, '2027-01-01T00:00:00Z')).toEqual(['2028-02-29T00:00', '2032-02-29T00:00']);
  });
});

describe('the dialect is the one of CronJobs', () => {
  it.each([
    ['@daily', '0 0 * * *'],
    ['5/20 * * * *', '5-59/20 * * * *'],
    ['0 0 ? JAN-mar SUN,wed', '0 0 * 1-3 0,3'],
    ['  0   0 1 1 *  ', '0 0 1 1 *'],
  ])('%s means %s', (a, b) => {
    const after = '2027-05-05T05:05:00Z';
    expect(runs(schedule(a), 5, after)).toEqual(runs(schedule(b), 5, after));
  });

  it.each([
    ['', '5 fields'],
    ['* * * *', '5 fields'],
    ['0 * * * * *', '5 fields'],
    ['60 * * * *', 'minute'],
    ['* 24 * * *', 'hour'],
    ['* * 0 * *', 'day of month'],
    ['* * L * *', 'day of month'],
    ['* * * 13 *', 'month'],
    ['* * * * 7', 'Sunday is 0'],
    ['* * * * FRI-MON', 'ends before'],
    ['*/0 * * * *', 'step'],
    ['*/60 * * * *', 'step'],
    ['1,,2 * * * *', 'not understood'],
    ['@fortnightly', 'macro'],
    ['CRON_TZ=Europe/Berlin 0 0 * * *', 'time zone'],
    ['1,'.repeat(200), '256'],
  ])('%s is refused', (expression, reason) => {
    expect(parseSchedule(expression)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });

  it('a time zone in another case is refused, with its spelling', () => {
    for (const timeZone of ['europe/berlin', 'Europe/berlin', 'EUROPE/BERLIN'])
      expect(parseSchedule('0 0 * * *', timeZone)).toEqual({
        ok: false,
        reason: `"${timeZone}" is not an IANA time zone: it is written Europe/Berlin`,
      });
    for (const timeZone of ['UTC', 'Etc/GMT+1', 'US/Eastern', 'Asia/Calcutta', 'America/Port_of_Spain'])
      expect(parseSchedule('0 0 * * *', timeZone)).toMatchObject({ ok: true });
  });

  it.each(['Mars/Olympus', '', '+02:00', 'Europe/Berlin\n'])('time zone "%s" is refused', (timeZone) => {
    expect(parseSchedule('0 0 * * *', timeZone)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('time zone'),
    });
  });
});

test('runs always move forward, whatever the zone', () => {
  const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia');
  const expression = fc
    .tuple(fc.integer({ min: 0, max: 59 }), fc.constantFrom('*', '*/2', '2', '1-3', '23'))
    .map(([minute, hour]) => `${minute} ${hour} * * *`);
  const after = fc.date({ min: new Date('2011-12-01'), max: new Date('2030-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(zone, expression, after, (zone, expression, after) => {
      const [first, second] = schedule(expression, zone).nextRuns(2, after);
      expect(first?.getTime()).toBeGreaterThan(after.getTime());
      expect(second?.getTime()).toBeGreaterThan(first?.getTime() ?? Number.NaN);
    }),
  );
});

test('the offset is stable per seed and stays in the window', () => {
  expect(stableOffset('cluster-a', 3_600_000)).toBe(stableOffset('cluster-a', 3_600_000));
  const offsets = Array.from({ length: 100 }, (_, index) => stableOffset(`cluster-${index}`, 3_600_000));
  expect(Math.max(...offsets)).toBeLessThan(3_600_000);
  expect(Math.min(...offsets)).toBeGreaterThanOrEqual(0);
  expect(new Set(offsets).size).toBeGreaterThan(90);
});
