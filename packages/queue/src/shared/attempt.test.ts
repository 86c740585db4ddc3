import { errorFactory } from '@kso/kit';
import { expect, it } from 'vitest';
import { aborted, testPorts } from '../conformance/test-ports.ts';
import type { JobHandler, JobRecord } from '../port.ts';
import { resolveSettings } from '../settings.ts';
import { Attempt, failureOf } from './attempt.ts';

const fail = errorFactory({
  BUSY: { message: 'busy', httpStatus: 503, retryable: true, severity: 'warn' },
});

const record: JobRecord = {
  kind: 'test',
  key: 'k',
  payload: {},
  priority: 'recurring',
  jobId: 'j',
  state: 'active',
  attemptsMade: 0,
  addedAt: 0,
  attempts: 100,
};

function attempt(overrides: Partial<JobRecord> = {}): Attempt {
  const settings = resolveSettings({ maxBackoffMs: 10_000, abortGraceMs: 10 });
  return new Attempt({
    record: { ...record, ...overrides },
    settings,
    ports: testPorts(),
    report: async () => undefined,
  });
}

const delays = async (overrides: Partial<JobRecord>, handler: JobHandler): Promise<number[]> => {
  const outcomes = await Promise.all(Array.from({ length: 40 }, () => attempt(overrides).run(handler)));
  return outcomes.flatMap((outcome) => (outcome.type === 'retry' ? [outcome.delayMs] : []));
};
const busy =
  (retryAfterMs?: number): JobHandler =>
  () =>
    Promise.reject(fail('BUSY', { retryAfterMs }));

it.each([
  [0, 1000],
  [1, 2000],
  [2, 4000],
  [20, 10_000],
])('waits after %i attempts up to %i ms, and never twice the same', async (attemptsMade, ceiling) => {
  const found = await delays({ attemptsMade }, busy());
  expect(found).toHaveLength(40);
  expect(Math.max(...found)).toBeLessThanOrEqual(ceiling);
  expect(Math.max(...found)).toBeGreaterThan(ceiling / 2);
  expect(new Set(found).size).toBeGreaterThan(10);
});

it('waits as long as the other side asked, within the bounds', async () => {
  expect(Math.min(...(await delays({}, busy(5000))))).toBeGreaterThanOrEqual(5000);
  expect(Math.max(...(await delays({}, busy(86_400_000))))).toBeLessThanOrEqual(10_000);
  expect(Math.min(...(await delays({}, busy(0))))).toBeGreaterThanOrEqual(1000);
});

it('takes a handler that throws at once for one that rejects', async () => {
  const outcome = await attempt().run(() => {
    throw new TypeError('bug');
  });
  expect(outcome).toMatchObject({ type: 'retry', failure: { code: 'HANDLER_FAILED', message: 'bug' } });
});

it('counts a success that comes in spite of a cancel', async () => {
  const running = attempt();
  const outcome = running.run(async (job) => {
    await aborted(job.signal).catch(() => undefined);
    return 'done all the same';
  });
  running.cancel();
  expect(await outcome).toEqual({ type: 'succeeded', result: '"done all the same"' });
});

it('keeps a failure to one line of bearable length, with its causes', () => {
  const error = new Error(`first\n  second ${'x'.repeat(1000)}`, { cause: new Error('deeper') });
  const { message } = failureOf(error);
  expect(message).toMatch(/^first second x+$/);
  expect(message).toHaveLength(500);
  expect(failureOf(new Error('outer', { cause: new Error('inner') })).message).toBe('outer: inner');
});
