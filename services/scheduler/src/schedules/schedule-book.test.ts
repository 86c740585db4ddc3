import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { schedulerConfig } from '../config.ts';
import { createScheduler } from '../service.ts';
import { fakeClock, testPorts } from '../test-ports.ts';
import { memoryLastRuns } from './last-runs.ts';
import { type BookedSchedule, sqliteScheduleBook } from './schedule-book.ts';

const start = Date.parse('2026-11-30T07:00:00Z');

const nightly: BookedSchedule = {
  name: 'kubevuln-schedule-1',
  kind: 'kubevuln',
  cron: '15 3 * * *',
  timeZone: 'UTC',
  command: {
    commandName: 'scan',
    wildWlid: 'wlid://cluster-prod',
    jobTracking: { parentAction: 'p', timestamp: '0001-01-01T00:00:00Z' },
  },
};

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kso-book-'));
  file = join(folder, 'book.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('a book keeps its schedules over restarts and tells of changes', () => {
  const first = sqliteScheduleBook(file);
  const told: unknown[] = [];
  const stop = first.onChange((name, schedule) => told.push([name, schedule?.cron]));
  first.put(nightly);
  first.put({ ...nightly, cron: '@daily' });
  expect(first.delete('unknown')).toBe(false);
  stop();
  first.put({ ...nightly, name: 'a' });
  first.close();
  expect(told).toEqual([
    [nightly.name, '15 3 * * *'],
    [nightly.name, '@daily'],
  ]);
  const second = sqliteScheduleBook(file);
  expect(second.list()).toEqual([
    { ...nightly, name: 'a' },
    { ...nightly, cron: '@daily' },
  ]);
  expect(second.delete(nightly.name)).toBe(true);
  expect(second.get(nightly.name)).toBeUndefined();
  second.close();
});

describe('a scheduler with a book', () => {
  /** Offers in virtual time, which runs as long as a schedule sleeps. */
  function scheduled() {
    const clock = fakeClock(start);
    const book = sqliteScheduleBook(file);
    const offers: { at: string; body: unknown }[] = [];
    const waiting: { count: number; resolve: () => void }[] = [];
    const lastRuns = memoryLastRuns();
    const ports = testPorts(clock);
    const scheduler = createScheduler(schedulerConfig.schema.parse({ posture: { enabled: false } }), {
      ...ports,
      lastRuns,
      book,
      cluster: 'prod',
      commands: {
        submit: (body) => {
          offers.push({ at: new Date(clock.now()).toISOString(), body });
          for (const { count, resolve } of waiting) if (offers.length >= count) resolve();
          return Promise.resolve({ kind: 'accepted' });
        },
      },
    });
    const offered = (count: number) =>
      new Promise<void>((resolve) => {
        waiting.push({ count, resolve });
        if (offers.length >= count) resolve();
      });
    const stop = async () => {
      await scheduler.stop();
      book.close();
    };
    return { scheduler, book, offers, offered, lastRuns, stop, ports };
  }

  it('runs what is in it, and what comes later, each run below the command that asked for it', async () => {
    const { scheduler, book, offers, offered, stop } = scheduled();
    await scheduler.start();
    expect(scheduler.upcoming(1)).toEqual([]);
    book.put(nightly);
    await offered(2);
    expect(offers.slice(0, 2).map(({ at }) => at)).toEqual(['2026-12-01T03:15:00.000Z', '2026-12-02T03:15:00.000Z']);
    expect(offers[0]?.body).toMatchObject({
      commands: [
        {
          commandName: 'scan',
          jobTracking: {
            parentAction: 'p',
            jobID: expect.any(String) as string,
            timestamp: '2026-12-01T03:15:00.000Z',
          },
        },
      ],
    });
    await stop();
  });

  it('goes by the new time at once, and forgets what was deleted', async () => {
    const { scheduler, book, offers, offered, lastRuns, stop, ports } = scheduled();
    await scheduler.start();
    book.put(nightly);
    await offered(1);
    book.put({ ...nightly, cron: '0 5 * * *' });
    const before = offers.length;
    // One of the former time may be on its way.
    await offered(before + 3);
    expect(offers.slice(before + 1).every(({ at }) => at.endsWith('T05:00:00.000Z'))).toBe(true);
    book.delete(nightly.name);
    await expect.poll(() => scheduler.upcoming(1), { timeout: 15_000 }).toEqual([]);
    await expect.poll(() => lastRuns.get(nightly.name), { timeout: 15_000 }).toBeUndefined();
    const count = offers.length;
    expect(await ports.metrics.registry.metrics()).not.toContain('next_run_timestamp_seconds{schedule="kubevuln');
    await stop();
    expect(offers.length).toBe(count);
  });

  it('one that cannot run stops no other', async () => {
    const { scheduler, book, offered, stop, ports } = scheduled();
    book.put({ ...nightly, name: 'bad', cron: '0 0 31 2 *' });
    book.put(nightly);
    await scheduler.start();
    await offered(1);
    expect(ports.lines).toContainEqual(expect.objectContaining({ msg: 'a schedule cannot run', schedule: 'bad' }));
    await stop();
  });
});
