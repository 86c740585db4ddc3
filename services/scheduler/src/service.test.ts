import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpClient, loadConfig, readOutgoing } from '@kso/kit';
import type { JsonObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { schedulerConfig } from './config.ts';
import { memoryLastRuns } from './schedules/last-runs.ts';
import { jobIdOf, type SubmitResult } from './schedules/runner.ts';
import { createScheduler, type LastRuns, operatorCommands, type Scheduler } from './service.ts';
import { type FakeClock, fakeClock, testPorts } from './test-ports.ts';

const start = Date.parse('2026-11-30T07:00:00Z');
const day = 86_400_000;
const accepted: SubmitResult = { kind: 'accepted' };

interface Offer {
  readonly at: string;
  readonly jobId: string;
  readonly body: JsonObject;
}

/** Runs a scheduler until `answers` are used up, then stops it. */
async function runUntilAnswered(options: {
  clock: FakeClock;
  lastRuns: LastRuns;
  answers: (SubmitResult | Error)[];
  settings?: Record<string, unknown>;
}) {
  const { config } = loadConfig(schedulerConfig, {
    env: {},
    overrides: options.settings ?? { posture: { spread: '0' } },
  });
  const offers: Offer[] = [];
  const answers = [...options.answers];
  const ports = testPorts(options.clock);
  const done = Promise.withResolvers<void>();
  const scheduler: Scheduler = createScheduler(config, {
    ...ports,
    lastRuns: options.lastRuns,
    cluster: 'prod',
    commands: {
      submit: async (body, jobId) => {
        offers.push({ at: new Date(options.clock.now()).toISOString(), jobId, body });
        const answer = answers.shift() ?? accepted;
        if (answers.length === 0) {
          // After this answer has been dealt with.
          setImmediate(() => done.resolve());
        }
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
  });
  await scheduler.start();
  await done.promise;
  await scheduler.stop();
  return { offers, lines: ports.lines, metrics: await ports.metrics.registry.metrics(), scheduler };
}

describe('the default schedule', () => {
  it('asks for a posture scan every day at 8, under a job id', async () => {
    const { offers } = await runUntilAnswered({
      clock: fakeClock(start),
      lastRuns: memoryLastRuns(),
      answers: [accepted, accepted],
    });
    expect(offers.slice(0, 2).map(({ at }) => at)).toEqual(['2026-11-30T08:00:00.000Z', '2026-12-01T08:00:00.000Z']);
    expect(offers[0]?.body).toEqual({
      commands: [
        {
          commandName: 'kubescapeScan',
          args: { scanV1: {} },
          jobTracking: { jobID: offers[0]?.jobId, timestamp: '2026-11-30T08:00:00.000Z' },
        },
      ],
    });
    expect(offers[0]?.jobId).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(offers[0]?.jobId).not.toBe(offers[1]?.jobId);
  });

  it('is spread over an hour, always by the same for one cluster', async () => {
    const run = () =>
      runUntilAnswered({ clock: fakeClock(start), lastRuns: memoryLastRuns(), answers: [accepted], settings: {} });
    const [one, two] = [await run(), await run()];
    const begin = Date.parse(one.offers[0]?.at ?? '');
    expect(begin).toBeGreaterThan(Date.parse('2026-11-30T08:00:00Z'));
    expect(begin).toBeLessThan(Date.parse('2026-11-30T09:00:00Z'));
    expect(two.offers[0]).toEqual(one.offers[0]);
    expect(one.scheduler.upcoming(2).map(({ schedule, runs }) => [schedule, runs.length])).toEqual([['posture', 2]]);
  });

  it('can be switched off', async () => {
    const { config } = loadConfig(schedulerConfig, { env: { KSO_SCHEDULER_POSTURE_ENABLED: 'false' } });
    const scheduler = createScheduler(config, {
      ...testPorts(fakeClock(start)),
      lastRuns: memoryLastRuns(),
      cluster: 'c',
      commands: { submit: () => Promise.reject(new Error('not expected')) },
    });
    await scheduler.start();
    await scheduler.stop();
    expect(scheduler.upcoming(1)).toEqual([]);
  });
});

describe('restarts', () => {
  it('neither lose nor repeat a run', async () => {
    const lastRuns = memoryLastRuns();
    const clock = fakeClock(start);
    await runUntilAnswered({ clock, lastRuns, answers: [accepted] });
    const handled = lastRuns.get('posture') ?? 0;
    // The same minute again: nothing is due.
    const again = fakeClock(handled + 1000);
    const second = await runUntilAnswered({ clock: again, lastRuns, answers: [accepted] });
    expect(Date.parse(second.offers[0]?.at ?? '')).toBe(handled + day);
  });

  it('make up for what was missed by one run, at once', async () => {
    const lastRuns = memoryLastRuns();
    lastRuns.set('posture', Date.parse('2026-11-20T08:00:00Z'));
    const clock = fakeClock(start);
    const { offers } = await runUntilAnswered({ clock, lastRuns, answers: [accepted, accepted] });
    expect(offers.slice(0, 2).map(({ at }) => at)).toEqual(['2026-11-30T07:00:00.000Z', '2026-11-30T08:00:00.000Z']);
    expect(offers[0]?.jobId).toBe(jobIdOf('posture', Date.parse('2026-11-29T08:00:00Z')));
  });

  it('after a crash or a full disk between handing over and writing it down, the run is offered under the same id', async () => {
    const lastRuns = memoryLastRuns();
    lastRuns.set('posture', Date.parse('2026-11-29T08:00:00Z'));
    const broken: LastRuns = {
      get: (name) => lastRuns.get(name),
      set: () => {
        throw new Error('disk is full');
      },
      delete: (name) => lastRuns.delete(name),
    };
    const first = await runUntilAnswered({ clock: fakeClock(start), lastRuns: broken, answers: [accepted, accepted] });
    // It goes on, and says so each time.
    expect(first.offers[1]?.at).toBe('2026-12-01T08:00:00.000Z');
    expect(first.lines.find((line) => line['msg'] === 'the last run could not be written down')).toBeDefined();
    const second = await runUntilAnswered({ clock: fakeClock(start + 2 * 3_600_000), lastRuns, answers: [accepted] });
    expect(second.offers[0]?.jobId).toBe(first.offers[0]?.jobId);
  });

  it('a new schedule has missed nothing', async () => {
    const clock = fakeClock(Date.parse('2026-11-30T09:00:00Z'));
    const { offers } = await runUntilAnswered({ clock, lastRuns: memoryLastRuns(), answers: [accepted] });
    expect(offers[0]?.at).toBe('2026-12-01T08:00:00.000Z');
  });
});

describe('an operator that is away', () => {
  it('is asked again until it takes the run, which keeps its id', async () => {
    const answers: (SubmitResult | Error)[] = [
      { kind: 'unavailable', reason: 'connection refused' },
      new Error('bug in the port'),
      { kind: 'unavailable', reason: 'busy', retryAfterMs: 60_000 },
      accepted,
    ];
    const { offers, lines, metrics } = await runUntilAnswered({
      clock: fakeClock(start),
      lastRuns: memoryLastRuns(),
      answers,
    });
    expect(new Set(offers.slice(0, 4).map(({ jobId }) => jobId)).size).toBe(1);
    const warnings = lines.filter((line) => line['msg'] === 'scheduled run could not be handed over');
    expect(warnings).toHaveLength(3);
    for (const line of warnings) expect(line['jobId']).toBe(offers[0]?.jobId);
    expect(metrics).toContain('kso_scheduler_runs_total{schedule="posture",outcome="accepted"} 1');
    const lag = /^kso_scheduler_run_lag_seconds\{schedule="posture"\} (.+)$/m.exec(metrics)?.[1];
    expect(Number(lag)).toBeGreaterThanOrEqual(60);
  });

  it('for longer than a period: the newer run takes the place of the older one', async () => {
    const away: SubmitResult = { kind: 'unavailable', reason: 'away', retryAfterMs: day };
    const { offers, metrics } = await runUntilAnswered({
      clock: fakeClock(start),
      lastRuns: memoryLastRuns(),
      answers: [...Array.from({ length: 3 }, () => away), accepted],
      settings: { posture: { cron: '*/5 * * * *', spread: '0' }, backoffMax: '10m' },
    });
    const ids = offers.slice(0, 4).map(({ jobId }) => jobId);
    expect(new Set(ids).size).toBe(4);
    expect(metrics).toContain('outcome="superseded"} 3');
  });

  it('that refuses is not asked again for this run', async () => {
    const refused: SubmitResult = { kind: 'refused', reason: 'unknown framework' };
    const { offers, lines } = await runUntilAnswered({
      clock: fakeClock(start),
      lastRuns: memoryLastRuns(),
      answers: [refused, accepted],
    });
    expect(offers[1]?.at).toBe('2026-12-01T08:00:00.000Z');
    expect(lines.filter((line) => line['msg'] === 'scheduled run was refused')).toHaveLength(1);
  });
});

describe('B38 schedules that cannot be', () => {
  it('are all named when the scheduler is made', () => {
    const command = { commandName: 'scan' };
    const { config } = loadConfig(schedulerConfig, {
      env: {},
      overrides: {
        schedules: [
          { name: 'never', cron: '0 0 31 2 *', command },
          { name: 'zone', cron: '0 0 * * *', timeZone: 'Local', command },
          { name: 'posture', cron: '0 0 * * *', command },
        ],
      },
    });
    const make = () =>
      createScheduler(config, {
        ...testPorts(fakeClock(start)),
        lastRuns: memoryLastRuns(),
        cluster: 'c',
        commands: { submit: () => Promise.resolve(accepted) },
      });
    expect(make).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        problems: [
          expect.stringContaining('schedule never'),
          expect.stringContaining('schedule zone'),
          'schedule posture: there are two of that name',
        ],
      }),
    );
  });

  it('or have no command are refused by the configuration', () => {
    const load = (entry: unknown) =>
      loadConfig(schedulerConfig, { env: { KSO_SCHEDULER_SCHEDULES: JSON.stringify([entry]) } });
    expect(() => load({ name: 'x', cron: '0 0 * * *', command: {} })).toThrow('configuration of scheduler is invalid');
    expect(() => load({ name: 'X Y', cron: '0 0 * * *', command: { commandName: 'scan' } })).toThrow('invalid');
    expect(load({ name: 'x', cron: '0 0 * * *', command: { commandName: 'scan' } }).config.schedules).toHaveLength(1);
  });
});

describe('the way by REST', () => {
  it('posts the body under the job id and tells the three outcomes', async () => {
    const statuses = [200, 503, 400];
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      request.resume();
      request.on('end', () => {
        seen.push([request.method, request.url, request.headers['idempotency-key']]);
        response.writeHead(statuses.shift() ?? 500, { 'retry-after': '5' }).end('because');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const http = createHttpClient({ outgoing: readOutgoing({}) });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const commands = operatorCommands({ url, http }, testPorts(fakeClock(start)));
    const results = [];
    for (let n = 0; n < 3; n += 1) results.push(await commands.submit({ commands: [] }, `job-${n}`));
    await http.close();
    await new Promise((resolve) => server.close(resolve));
    results.push(
      await operatorCommands(
        { url, http: createHttpClient({ outgoing: readOutgoing({}) }) },
        testPorts(fakeClock(start)),
      ).submit({}, 'job-4'),
    );
    expect(results).toEqual([
      { kind: 'accepted' },
      { kind: 'unavailable', reason: 'status 503', retryAfterMs: 5000 },
      { kind: 'refused', reason: 'status 400: because' },
      { kind: 'unavailable', reason: expect.stringContaining('ECONNREFUSED') },
    ]);
    expect(seen[0]).toEqual(['POST', '/v1/triggerAction', 'job-0']);
  });
});
