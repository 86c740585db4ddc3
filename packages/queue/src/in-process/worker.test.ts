import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { patiently, testJob } from '../conformance/harness.ts';
import { testPorts } from '../conformance/test-ports.ts';
import { fail } from '../errors.ts';
import { resolveSettings } from '../settings.ts';
import { jobSpec } from '../shared/job-spec.ts';
import { queueMetrics } from '../shared/queue-metrics.ts';
import { JournalDatabase } from './database.ts';
import { Journal } from './journal.ts';
import { InProcessWorker } from './worker.ts';

let database: JournalDatabase;
let journal: Journal;

beforeEach(() => {
  database = new JournalDatabase(':memory:', 'normal');
  journal = new Journal(database);
});
afterEach(() => database.close());

/** A worker that has finished a job while the journal could not be written; `waits` are how long it waited between tries. */
async function finishOnFullDisk(tries: number) {
  const waits: number[] = [];
  const clock = {
    now: () => Date.now(),
    sleep: async (ms: number, signal?: AbortSignal): Promise<void> => {
      waits.push(ms);
      signal?.throwIfAborted();
    },
  };
  const ports = testPorts({ clock });
  const job = testJob();
  journal.add(jobSpec(job, 1000, ports.tracer), Date.now());
  const write = vi.spyOn(journal, 'end');
  for (let n = 0; n < tries; n += 1) {
    write.mockImplementationOnce(() => {
      throw fail('QUEUE_UNAVAILABLE', { reason: 'no room' });
    });
  }
  const worker = new InProcessWorker('test', 1, async () => 'kept', {
    journal,
    settings: resolveSettings({}),
    ports,
    metrics: queueMetrics(ports.metrics, ports.clock),
    changed: () => undefined,
  });
  worker.fill();
  return { worker, job, waits };
}

it('writes an outcome that found no room as soon as there is some', async () => {
  const { worker, job, waits } = await finishOnFullDisk(3);
  await expect.poll(() => journal.get(job.key)?.state, patiently).toBe('succeeded');
  expect(journal.get(job.key)).toMatchObject({ result: 'kept', attemptsMade: 1 });
  expect(waits).toHaveLength(3);
  await worker.close(0);
});

it('lets jobs that were there when a process died wait behind the others of their priority', () => {
  const add = (key: string, priority: 'onDemand' | 'recurring') =>
    journal.add(jobSpec(testJob({ key, priority }), 1000, testPorts().tracer), Date.now());
  for (const key of ['a', 'b', 'c']) add(key, 'recurring');
  const claim = () => journal.claim('test', Date.now())?.record.key;
  expect(claim()).toBe('a');
  journal.recover(3, Date.now());
  expect(claim()).toBe('b');
  journal.recover(3, Date.now());
  add('urgent', 'onDemand');
  expect([claim(), claim(), claim(), claim(), claim()]).toEqual(['urgent', 'c', 'a', 'b', undefined]);
});
