import { noopTracer } from '@kso/kit';
import { missingPrograms } from '@kso/testkit/programs';
import { startTestRedis, type TestRedis } from '@kso/testkit/redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EndLog, gate, patiently, testJob, untilEnded } from '../conformance/harness.ts';
import { aborted, testPorts } from '../conformance/test-ports.ts';
import { jobSpec } from '../shared/job-spec.ts';
import { Ledger } from './ledger.ts';
import { Parents } from './parents.ts';
import { BullQueue, type BullQueueOptions } from './queue.ts';
import { Tickets } from './tickets.ts';

// Each step that changes something is one script; here are the moments between two steps at which a process may die.
describe.skipIf(missingPrograms('redis-server') !== undefined)('a crash between two steps', () => {
  let redis: TestRedis;
  let number = 0;
  const opened: BullQueue[] = [];
  const prefix = (): string => `crash-${number}`;

  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterAll(() => redis.stop());
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queue) => queue.close()));
    number += 1;
  });

  function open(options: Partial<BullQueueOptions> = {}): BullQueue {
    const target = { host: redis.host, port: redis.port };
    const times = { lockMs: 600, pollMs: 100, maintenanceMs: 50, abortGraceMs: 200, endLeaseMs: 300 };
    const queue = new BullQueue({ redis: target, prefix: prefix(), ...times, ...options }, testPorts());
    opened.push(queue);
    return queue;
  }

  const keys = () => ({ prefix: `{${prefix()}}:jobs:`, tickets: `{${prefix()}}:bull:` });
  const ledger = () => new Ledger(redis.client, keys());
  const spec = (key: string) => jobSpec(testJob({ key }), 1000, noopTracer);

  it('puts a job into its queue that was recorded and got no ticket', async () => {
    await ledger().add(spec('unplaced'), 'run-1', Date.now());
    const queue = open();
    queue.work('test', { concurrency: 1 }, async () => 'found');
    expect(await untilEnded(queue, 'unplaced')).toMatchObject({ state: 'succeeded', result: 'found' });
  });

  it('gives the ticket to a job that lacks it when the same key is added again', async () => {
    await ledger().add(spec('unplaced'), 'run-1', Date.now());
    const queue = open({ maintenanceMs: 60_000 });
    expect((await queue.add(testJob({ key: 'unplaced' }))).outcome).toBe('joined');
    queue.work('test', { concurrency: 1 }, async () => 'helped');
    expect(await untilEnded(queue, 'unplaced')).toMatchObject({ result: 'helped' });
  });

  it('does not run a job again whose end was recorded and whose ticket is still there', async () => {
    const records = ledger();
    const tickets = new Tickets(redis.client, `{${prefix()}}:bull`, testPorts().logger);
    await records.add(spec('done'), 'run-1', Date.now());
    await tickets.place('test', 'run-1', 3);
    await records.claim({ run: 'run-1', token: 't' }, Date.now(), 3);
    await records.finish({ run: 'run-1', token: 't' }, 'done', { state: 'succeeded', result: '"first"' }, Date.now());
    const queue = open();
    const runs: string[] = [];
    queue.work('test', { concurrency: 1 }, async (job) => {
      runs.push(job.key);
      return 'second';
    });
    await queue.add(testJob({ key: 'after' }));
    await untilEnded(queue, 'after');
    expect(runs).toEqual(['after']);
    expect((await queue.get('done'))?.result).toBe('first');
    await tickets.close();
  });

  it('keeps the wait before a retry when only the record knows of it', async () => {
    const records = ledger();
    const tickets = new Tickets(redis.client, `{${prefix()}}:bull`, testPorts().logger);
    await records.add(spec('early'), 'run-1', Date.now());
    await tickets.place('test', 'run-1', 3);
    const notBefore = Date.now() + 400;
    await records.claim({ run: 'run-1', token: 't' }, Date.now(), 3);
    await records.retry({ run: 'run-1', token: 't' }, { code: 'BUSY', message: 'busy' }, notBefore);
    const queue = open();
    queue.work('test', { concurrency: 1 }, async () => null);
    const record = await untilEnded(queue, 'early');
    expect(record.startedAt).toBeGreaterThanOrEqual(notBefore);
    expect(record.attemptsMade).toBe(2);
    await tickets.close();
  });

  it('gives an end out again whose process died while it handled it', async () => {
    const queue = open();
    await queue.openParent('p', {});
    await queue.addChild('p', testJob({ key: 'c' }));
    await queue.sealParent('p');
    await queue.cancel('c');
    const dead = new Parents(redis.client, ledger().scripts, keys(), { leaseMs: 300, now: Date.now });
    expect(await dead.take()).toMatchObject({ parentId: 'p', complete: true });
    expect(await dead.take()).toBeUndefined();
    const ends = new EndLog(queue);
    await ends.untilComplete('p');
    expect(ends.ends).toHaveLength(1);
  });

  it('lets a handler take longer than the lease as long as its process lives', async () => {
    const [one, two] = [open(), open()];
    const hold = gate();
    const told: string[] = [];
    for (const queue of [one, two])
      queue.onChildEnd(async ({ child }) => {
        told.push(child.key);
        if (child.key === 'slow') await hold.opened;
      });
    for (const key of ['slow', 'late']) {
      await one.openParent(key, {});
      // The second ends three leases later and shows that both processes look for ends all the time.
      await one.addChild(key, testJob({ key, expiresAt: Date.now() + (key === 'slow' ? 0 : 1000) }));
      await one.sealParent(key);
    }
    await expect.poll(() => told, patiently).toEqual(['slow', 'late']);
    hold.open();
    await expect.poll(async () => (await one.getParent('slow'))?.completedAt, patiently).toBeDefined();
    expect(told).toEqual(['slow', 'late']);
  });

  it('counts a command once that was sent twice', async () => {
    const records = ledger();
    const now = Date.now();
    expect((await records.add(spec('twice'), 'run-1', now)).outcome).toBe('added');
    expect((await records.add(spec('twice'), 'run-1', now)).outcome).toBe('added');
    const held = { run: 'run-1', token: 't' };
    expect(await records.claim(held, now, 0)).toMatchObject({ type: 'run', stalled: false });
    expect(await records.claim(held, now, 0)).toMatchObject({ type: 'run', stalled: false });
    const failure = { code: 'BUSY', message: 'busy' };
    expect([await records.retry(held, failure, now), await records.retry(held, failure, now)]).toEqual([true, true]);
    expect(await records.claim({ run: 'run-1', token: 'u' }, now, 0)).toMatchObject({ record: { attemptsMade: 1 } });
    const again = { run: 'run-1', token: 'u' };
    const end = { state: 'succeeded', result: 'null' } as const;
    expect(await records.finish(again, 'twice', end, now)).toBe('ok');
    expect(await records.finish(again, 'twice', end, now)).toBe('ok');
    expect(await records.get('twice')).toMatchObject({ state: 'succeeded', attemptsMade: 2 });
    expect(await records.counts('test')).toEqual({ waiting: 0, delayed: 0, active: 0 });
  });

  it('stops a worker that lost its job and drops what it says', async () => {
    const slow = open();
    const started = gate();
    const reasons: unknown[] = [];
    slow.work('test', { concurrency: 1 }, async (job) => {
      started.open();
      await aborted(job.signal).catch((reason: unknown) => reasons.push(reason));
      return 'too late';
    });
    const job = testJob();
    await slow.add(job);
    await started.opened;
    // As if its event loop had been blocked for longer than the lock holds.
    const [lock] = await redis.client.keys(`{${prefix()}}:bull:*:lock`);
    await redis.client.set(lock ?? '', 'somebody else', 'PX', 1);
    const fast = open();
    fast.work('test', { concurrency: 1 }, async () => 'in time');
    const record = await untilEnded(fast, job.key);
    expect(record).toMatchObject({ state: 'succeeded', result: 'in time', attemptsMade: 1 });
    await expect.poll(() => reasons, patiently).toMatchObject([{ code: 'JOB_LOST' }]);
    expect((await fast.get(job.key))?.result).toBe('in time');
  });
});
