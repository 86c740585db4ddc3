import { errorFactory } from '@kso/kit';
import { expect, it } from 'vitest';
import { EndLog, gate, patiently, type QueueHarness, testJob, untilEnded } from './harness.ts';

const fail = errorFactory({
  BUSY: { message: 'registry is busy', httpStatus: 429, retryable: true, severity: 'warn' },
  BROKEN: { message: 'manifest is broken', httpStatus: 422, retryable: false, severity: 'warn' },
});

/** Running, priorities, retries, expiry, progress. */
export function runningTests(harness: () => QueueHarness): void {
  it('runs a job and keeps its record', async () => {
    const queue = harness().open();
    queue.work('test', { concurrency: 1 }, async (job) => ({ doubled: Number(job.payload['n']) * 2 }));
    const job = testJob({ payload: { n: 21 }, parentId: 'p', expiresAt: Date.now() + 60_000 });
    expect(await queue.add(job)).toEqual({ key: job.key, outcome: 'added' });
    const record = await untilEnded(queue, job.key);
    expect(record).toMatchObject({ ...job, state: 'succeeded', attemptsMade: 1, result: { doubled: 42 } });
    expect(record.failure).toBeUndefined();
    expect(record.addedAt).toBeLessThanOrEqual(record.startedAt ?? 0);
    expect(record.startedAt).toBeLessThanOrEqual(record.finishedAt ?? 0);
  });

  it('takes what a person asked for first, then new images, then recurring scans', async () => {
    const queue = harness().open();
    const order: string[] = [];
    await queue.add(testJob({ key: 'recurring-1', priority: 'recurring' }));
    await queue.add(testJob({ key: 'image-1', priority: 'newImage' }));
    await queue.add(testJob({ key: 'person-1', priority: 'onDemand' }));
    await queue.add(testJob({ key: 'image-2', priority: 'newImage' }));
    await queue.add(testJob({ key: 'raised', priority: 'recurring' }));
    // Somebody asks for a job that waits already: it moves up.
    await queue.add(testJob({ key: 'raised', priority: 'onDemand' }));
    queue.work('test', { concurrency: 1 }, async (job) => {
      order.push(job.key);
      return null;
    });
    await untilEnded(queue, 'recurring-1');
    expect(order.slice(0, 2).sort()).toEqual(['person-1', 'raised']);
    expect(order.slice(2)).toEqual(['image-1', 'image-2', 'recurring-1']);
    expect((await queue.get('raised'))?.priority).toBe('onDemand');
  });

  it('runs as many jobs at once as it was told, and only of its kind', async () => {
    const queue = harness().open();
    const hold = gate();
    let running = 0;
    let most = 0;
    queue.work('test', { concurrency: 3 }, async () => {
      running += 1;
      most = Math.max(most, running);
      await hold.opened;
      running -= 1;
      return null;
    });
    const keys = ['a', 'b', 'c', 'd', 'e'].map((letter) => `wide-${letter}`);
    for (const key of keys) await queue.add(testJob({ key }));
    await queue.add(testJob({ key: 'other', kind: 'other' }));
    await expect.poll(() => queue.counts('test'), patiently).toEqual({ waiting: 2, delayed: 0, active: 3 });
    hold.open();
    await Promise.all(keys.map((key) => untilEnded(queue, key)));
    expect(most).toBe(3);
    expect(await queue.counts('test')).toEqual({ waiting: 0, delayed: 0, active: 0 });
    expect((await queue.get('other'))?.state).toBe('waiting');
  });

  it('repeats a failed attempt after a wait, and forgets the failure on success', async () => {
    const queue = harness().open();
    const attempts: number[] = [];
    queue.work('test', { concurrency: 1 }, async (job) => {
      attempts.push(job.attemptsMade);
      if (attempts.length < 3) throw fail('BUSY');
      return 'at last';
    });
    const job = testJob({ attempts: 3, backoffMs: 20 });
    await queue.add(job);
    const record = await untilEnded(queue, job.key);
    expect(attempts).toEqual([0, 1, 2]);
    expect(record).toMatchObject({ state: 'succeeded', attemptsMade: 3, result: 'at last' });
    expect(record.failure).toBeUndefined();
  });

  it('shows a job that waits for its next attempt as delayed, with the reason', async () => {
    const queue = harness().open();
    queue.work('test', { concurrency: 1 }, async () => {
      throw fail('BUSY', { retryAfterMs: 60_000 });
    });
    const job = testJob();
    await queue.add(job);
    await expect.poll(async () => (await queue.get(job.key))?.state, patiently).toBe('delayed');
    expect(await queue.get(job.key)).toMatchObject({
      attemptsMade: 1,
      failure: { code: 'BUSY', message: 'registry is busy' },
    });
    expect(await queue.counts('test')).toEqual({ waiting: 0, delayed: 1, active: 0 });
  });

  it('fails with the last failure when the attempts are used up', async () => {
    const queue = harness().open();
    let attempts = 0;
    queue.work('test', { concurrency: 1 }, async () => {
      attempts += 1;
      throw new TypeError(`broken\nin two lines (${attempts})`);
    });
    const job = testJob({ attempts: 2 });
    await queue.add(job);
    const record = await untilEnded(queue, job.key);
    expect(record).toMatchObject({
      state: 'failed',
      attemptsMade: 2,
      failure: { code: 'HANDLER_FAILED', message: 'broken in two lines (2)' },
    });
  });

  it('ends at once with a failure that is not retryable', async () => {
    const queue = harness().open();
    let attempts = 0;
    queue.work('test', { concurrency: 1 }, async () => {
      attempts += 1;
      throw fail('BROKEN');
    });
    const job = testJob({ attempts: 5 });
    await queue.add(job);
    expect(await untilEnded(queue, job.key)).toMatchObject({ state: 'failed', failure: { code: 'BROKEN' } });
    expect(attempts).toBe(1);
  });

  it('keeps a job for who joined it beyond the deadline of who asked first', async () => {
    const queue = harness().open();
    const soon = Date.now() + 300;
    for (const key of ['for-ever', 'longer', 'shorter']) await queue.add(testJob({ key, expiresAt: soon }));
    await queue.add(testJob({ key: 'for-ever', priority: 'onDemand' }));
    await queue.add(testJob({ key: 'longer', expiresAt: Date.now() + 60_000 }));
    await queue.add(testJob({ key: 'shorter', expiresAt: Date.now() + 1 }));
    expect((await untilEnded(queue, 'shorter')).state).toBe('expired');
    expect(Date.now()).toBeGreaterThanOrEqual(soon);
    expect((await queue.get('for-ever'))?.state).toBe('waiting');
    expect((await queue.get('longer'))?.state).toBe('waiting');
  });

  it('ends a job as expired that waited too long, with or without a worker', async () => {
    const queue = harness().open();
    const ends = new EndLog(queue);
    let ran = 0;
    await queue.openParent('waits', {});
    await queue.addChild('waits', testJob({ key: 'late', expiresAt: Date.now() + 30 }));
    await queue.sealParent('waits');
    const [end] = await ends.untilCount(1);
    expect(end).toMatchObject({
      child: { key: 'late', state: 'expired', failure: { code: 'JOB_EXPIRED' } },
      complete: true,
    });
    queue.work('test', { concurrency: 1 }, async () => {
      ran += 1;
      return null;
    });
    await queue.add(testJob({ key: 'too-late', expiresAt: Date.now() - 1 }));
    expect((await untilEnded(queue, 'too-late')).state).toBe('expired');
    const next = testJob({ key: 'in-time', expiresAt: Date.now() + 60_000 });
    await queue.add(next);
    expect((await untilEnded(queue, 'in-time')).state).toBe('succeeded');
    expect(ran).toBe(1);
  });

  it('keeps the progress of a running job', async () => {
    const queue = harness().open();
    const hold = gate();
    queue.work('test', { concurrency: 1 }, async (job) => {
      await job.report({ done: 3, of: 10 });
      await hold.opened;
      return null;
    });
    const job = testJob();
    await queue.add(job);
    await expect.poll(async () => (await queue.get(job.key))?.progress, patiently).toEqual({ done: 3, of: 10 });
    hold.open();
    await untilEnded(queue, job.key);
  });
}
