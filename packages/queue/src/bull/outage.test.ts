import { createLogger, Secret, systemClock } from '@kso/kit';
import { missingPrograms } from '@kso/testkit/programs';
import { startTestRedis, type TestRedis } from '@kso/testkit/redis';
import { Worker } from 'bullmq';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gate, patiently, testJob, untilEnded } from '../conformance/harness.ts';
import { testPorts } from '../conformance/test-ports.ts';
import type { NewJob } from '../port.ts';
import { BullQueue, type BullQueueOptions } from './queue.ts';
import { TwentyEach } from './twenty-each.ts';

const times = {
  lockMs: 800,
  pollMs: 100,
  maintenanceMs: 50,
  abortGraceMs: 200,
  staleAfterMs: 1000,
  commandTimeoutMs: 15_000,
  awayTimeoutMs: 15_000,
  closeWithinMs: 500,
};

describe.skipIf(missingPrograms('redis-server') !== undefined)('B39 workers after Redis went away', () => {
  let redis: TestRedis;
  const opened: BullQueue[] = [];

  beforeEach(async () => {
    redis = await startTestRedis();
  });
  afterEach(async () => {
    redis.thaw();
    await Promise.all(opened.splice(0).map((queue) => queue.close()));
    await redis.stop();
  });

  function open(options: Partial<BullQueueOptions> = {}, ports = testPorts()): BullQueue {
    const queue = new BullQueue({ redis: { host: redis.host, port: redis.port }, ...times, ...options }, ports);
    opened.push(queue);
    return queue;
  }

  const untilReady = (queue: BullQueue) => expect.poll(() => queue.notReady(), patiently).toBeUndefined();
  // With so short a limit the machine may be the one that is late: a caller would try again.
  const untilTaken = (queue: BullQueue, job: NewJob) =>
    expect.poll(() => queue.add(job).then(() => 'taken', String), patiently).toBe('taken');
  const untilAway = (queue: BullQueue) => expect.poll(() => queue.notReady(), patiently).toBeDefined();

  it.each(['shutdown', 'kill'] as const)('goes on after a %s and a restart with data', async (how) => {
    const [producer, consumer] = [open(), open()];
    const jobs = new TwentyEach(producer, consumer, () => systemClock.sleep(20));
    await jobs.add('before');
    await redis[how]();
    await untilAway(producer);
    expect(producer.notReady()).toMatch(/^Redis at 127\.0\.0\.1:\d+ is not reachable: /);
    const during = jobs.add('during');
    await redis.restart();
    await during;
    await jobs.add('after');
    expect(await jobs.faults('before', 'during', 'after')).toEqual([]);
    await untilReady(producer);
    await untilReady(consumer);
    // Only what ran in that moment may have run twice; each end was told once all the same.
    expect(jobs.repeated.length).toBeLessThanOrEqual(4);
  });

  it('says that a full Redis is full, and goes on when it is not any more', async () => {
    const queue = open();
    await untilTaken(queue, testJob({ key: 'before' }));
    await redis.client.config('SET', 'maxmemory', '1mb');
    await expect(queue.add(testJob({ key: 'full' }))).rejects.toMatchObject({
      code: 'QUEUE_UNAVAILABLE',
      retryable: true,
    });
    await expect.poll(() => queue.notReady(), patiently).toMatch(/^Redis at 127\.0\.0\.1:\d+ refuses: OOM /);
    expect(await queue.get('before')).toMatchObject({ state: 'waiting' });
    await redis.client.config('SET', 'maxmemory', '0');
    await untilReady(queue);
    await untilTaken(queue, testJob({ key: 'after' }));
  });

  it('says so when Redis does not let it in any more', async () => {
    const queue = open();
    await untilTaken(queue, testJob({ key: 'before' }));
    await redis.client.config('SET', 'requirepass', 'changed');
    await redis.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await untilAway(queue);
    await expect(queue.add(testJob({ key: 'refused' }))).rejects.toMatchObject({
      code: 'QUEUE_UNAVAILABLE',
      retryable: true,
    });
    await redis.client.config('SET', 'requirepass', '');
    await untilReady(queue);
    await untilTaken(queue, testJob({ key: 'after' }));
  });

  it('puts back what it knows when Redis comes back empty', async () => {
    const [producer, consumer] = [open(), open()];
    const hold = gate();
    const jobs = new TwentyEach(producer, consumer, () => hold.opened);
    await jobs.add('before');
    await expect.poll(() => consumer.counts('test'), patiently).toMatchObject({ active: 4 });
    await redis.kill();
    const during = jobs.add('during');
    await redis.restart({ empty: true });
    await during;
    await jobs.add('after');
    hold.open();
    expect(await jobs.faults('before', 'during', 'after')).toEqual([]);
    expect(jobs.repeated.length).toBeLessThanOrEqual(4);
    expect(await producer.getParent('before')).toMatchObject({ sealed: true });
  });

  it('does not repeat what was told before Redis lost its data', async () => {
    const queue = open();
    const jobs = new TwentyEach(queue, queue);
    await jobs.add('before');
    expect(await jobs.faults('before')).toEqual([]);
    await queue.openParent('half', {});
    await queue.addChild('half', testJob({ key: 'told' }));
    await queue.addChild('half', testJob({ key: 'waits', kind: 'later' }));
    await expect.poll(() => jobs.ends.of('half'), patiently).toEqual(['told']);
    await redis.restart({ empty: true });
    await expect.poll(() => queue.get('waits'), patiently).toBeDefined();
    await queue.sealParent('half');
    queue.work('later', { concurrency: 1 }, async () => null);
    await jobs.ends.untilComplete('half');
    expect(jobs.ends.of('half')).toEqual(['told', 'waits']);
    expect(jobs.repeated).toEqual([]);
  });

  it('takes jobs again after only its blocking connection was killed', async () => {
    const queue = open();
    const jobs = new TwentyEach(queue, queue);
    await jobs.add('before');
    expect(await jobs.faults('before')).toEqual([]);
    await expect
      .poll(async () => (await redis.clients()).map(({ command }) => command), patiently)
      .toContain('bzpopmin');
    const blocking = (await redis.clients()).filter(({ command }) => command === 'bzpopmin');
    for (const { id } of blocking) await redis.client.client('KILL', 'ID', id);
    await jobs.add('after');
    expect(await jobs.faults('before', 'after')).toEqual([]);
    expect(jobs.repeated).toEqual([]);
  });

  it('notices a Redis that accepts and says nothing, and recovers', async () => {
    const queue = open({ commandTimeoutMs: 300 });
    await untilReady(queue);
    redis.freeze();
    await untilAway(queue);
    expect(queue.notReady()).toMatch(/not reachable/);
    await expect(queue.add(testJob())).rejects.toMatchObject({
      code: 'QUEUE_UNAVAILABLE',
      retryable: true,
      httpStatus: 503,
    });
    redis.thaw();
    await untilReady(queue);
    queue.work('test', { concurrency: 1 }, async () => null);
    const job = testJob();
    await untilTaken(queue, job);
    expect((await untilEnded(queue, job.key)).state).toBe('succeeded');
  });

  it('starts without Redis, refuses what it cannot keep in time, and works once Redis is there', async () => {
    await redis.shutdown();
    const queue = open({ commandTimeoutMs: 100 });
    queue.work('test', { concurrency: 1 }, async () => null);
    const job = testJob();
    await expect(queue.add(job)).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    await untilAway(queue);
    await redis.restart();
    await untilReady(queue);
    await untilTaken(queue, job);
    expect((await untilEnded(queue, job.key)).state).toBe('succeeded');
  });

  it('keeps nobody waiting for a connection that is closed', async () => {
    // A call that waited for its own limit would outlast this test.
    const queue = open({ commandTimeoutMs: 600_000, awayTimeoutMs: 100 });
    await untilReady(queue);
    await redis.shutdown();
    await untilAway(queue);
    for (let call = 0; call < 2; call += 1)
      await expect(queue.add(testJob())).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE', httpStatus: 503 });
    await redis.restart();
    await untilReady(queue);
    await untilTaken(queue, testJob());
  });

  it('closes in good time while Redis is away', async () => {
    const queue = open();
    const started = gate();
    const worker = queue.work('test', { concurrency: 1 }, async () => {
      started.open();
      return new Promise<never>(() => undefined);
    });
    await queue.add(testJob());
    await started.opened;
    await redis.kill();
    await untilAway(queue);
    await worker.close(10);
    await queue.close();
    expect(queue.notReady()).toBe('the queue is closed');
  });

  it('stops telling of ends in good time while Redis is away, and says once in the log that it is', async () => {
    await redis.shutdown();
    const lines: string[] = [];
    const logger = createLogger({ service: 'test', level: 'warn', destination: { write: (line) => lines.push(line) } });
    const queue = open({}, { ...testPorts(), logger });
    const stop = queue.onChildEnd(async () => undefined);
    await expect.poll(() => queue.notReady(), patiently).toContain('ECONNREFUSED');
    await stop();
    await queue.close();
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['Redis cannot be reached']);
  });

  it('builds a worker anew that sees neither jobs nor empty polls', async () => {
    const lines: string[] = [];
    const logger = createLogger({ service: 'test', level: 'warn', destination: { write: (line) => lines.push(line) } });
    const queue = open({}, testPorts({ logger }));
    // The blocking connection of the first worker hangs for ever; that of the next one works.
    const prototype = Worker.prototype as unknown as { moveToActive(token: string): Promise<unknown> };
    const hang = vi.spyOn(prototype, 'moveToActive').mockImplementationOnce(() => new Promise(() => undefined));
    queue.work('test', { concurrency: 1 }, async () => 'by the second');
    const job = testJob();
    await queue.add(job);
    expect((await untilEnded(queue, job.key)).result).toBe('by the second');
    const rebuilt = lines.map((line) => JSON.parse(line) as { msg: string; reason: string });
    expect(rebuilt).toMatchObject([
      {
        msg: 'a worker is built anew',
        reason: expect.stringMatching(/^the worker for test has seen neither a job nor/),
      },
    ]);
    await untilReady(queue);
    hang.mockRestore();
  });

  it('says that the password is wrong, and never the password', async () => {
    const guarded = await startTestRedis({ password: 'correct horse' });
    const lines: string[] = [];
    const logger = createLogger({
      service: 'test',
      level: 'debug',
      destination: { write: (line) => lines.push(line) },
    });
    const target = { host: guarded.host, port: guarded.port };
    const wrong = open({ redis: { ...target, password: new Secret('battery staple') } }, testPorts({ logger }));
    const right = open({ redis: { ...target, password: new Secret('correct horse') } }, testPorts({ logger }));
    wrong.work('test', { concurrency: 1 }, async () => null);
    await untilReady(right);
    await expect.poll(() => wrong.notReady(), patiently).toMatch(/WRONGPASS|NOAUTH/);
    const job = testJob();
    await right.add(job);
    expect(lines.join('\n')).not.toMatch(/battery staple|correct horse/);
    await guarded.stop();
  });
});
