import { expect, it } from 'vitest';
import { gate, patiently, type QueueHarness, testJob, untilEnded } from './harness.ts';

/** One run per key, reuse of results, and finding a job again. */
export function deduplicationTests(harness: () => QueueHarness): void {
  it('joins a job of the same key that waits or runs', async () => {
    const queue = harness().open();
    const hold = gate();
    const started = gate();
    let runs = 0;
    const job = testJob();
    expect((await queue.add(job)).outcome).toBe('added');
    expect((await queue.add(job)).outcome).toBe('joined');
    queue.work('test', { concurrency: 4 }, async () => {
      runs += 1;
      started.open();
      await hold.opened;
      return null;
    });
    await started.opened;
    expect((await queue.add({ ...job, reuse: 'succeeded' })).outcome).toBe('joined');
    hold.open();
    await untilEnded(queue, job.key);
    expect(runs).toBe(1);
  });

  it('adds once when many ask at the same time', async () => {
    const queue = harness().open();
    let runs = 0;
    queue.work('test', { concurrency: 4 }, async () => {
      runs += 1;
      return null;
    });
    const job = testJob({ reuse: 'succeeded' });
    const results = await Promise.all(Array.from({ length: 25 }, () => queue.add(job)));
    expect(results.filter(({ outcome }) => outcome === 'added')).toHaveLength(1);
    await untilEnded(queue, job.key);
    expect(runs).toBe(1);
  });

  it('runs a key anew that has ended, or answers with its success when asked to', async () => {
    const queue = harness().open();
    let runs = 0;
    queue.work('test', { concurrency: 1 }, async () => {
      runs += 1;
      if (runs === 2) throw new Error('second run fails');
      return runs;
    });
    const job = testJob({ attempts: 1 });
    await queue.add(job);
    await untilEnded(queue, job.key);
    expect((await queue.add({ ...job, reuse: 'succeeded' })).outcome).toBe('known');
    expect((await queue.get(job.key))?.result).toBe(1);

    expect((await queue.add(job)).outcome).toBe('added');
    await expect.poll(async () => (await queue.get(job.key))?.state, patiently).toBe('failed');

    expect((await queue.add({ ...job, reuse: 'succeeded' })).outcome).toBe('added');
    await expect.poll(async () => (await queue.get(job.key))?.result, patiently).toBe(3);
    expect(runs).toBe(3);
  });

  it('finds a job by its id, also by the id of one that joined it', async () => {
    const queue = harness().open();
    const job = testJob({ jobId: 'first' });
    await queue.add(job);
    await queue.add({ ...job, jobId: 'second' });
    expect(await queue.getByJobId('first')).toMatchObject({ key: job.key, jobId: 'first' });
    expect(await queue.getByJobId('second')).toMatchObject({ key: job.key, jobId: 'first' });
    const newer = testJob({ jobId: 'first' });
    await queue.add(newer);
    expect(await queue.getByJobId('first')).toMatchObject({ key: newer.key });
    expect(await queue.getByJobId('third')).toBeUndefined();
    expect(await queue.get('no such key')).toBeUndefined();
  });

  it('lists the newest first, by kind and state', async () => {
    const queue = harness().open();
    queue.work('done', { concurrency: 1 }, async () => null);
    await queue.add(testJob({ key: 'd1', kind: 'done' }));
    await untilEnded(queue, 'd1');
    for (const key of ['w1', 'w2', 'w3']) {
      // The order of two that came in the same millisecond is nobody's business.
      await expect.poll(() => Date.now(), patiently).toBeGreaterThan((await queue.list({ limit: 1 }))[0]?.addedAt ?? 0);
      await queue.add(testJob({ key }));
    }
    const keys = async (filter: Parameters<typeof queue.list>[0]) => (await queue.list(filter)).map(({ key }) => key);
    expect(await keys({ limit: 10 })).toEqual(['w3', 'w2', 'w1', 'd1']);
    expect(await keys({ limit: 2 })).toEqual(['w3', 'w2']);
    expect(await keys({ kind: 'done', limit: 10 })).toEqual(['d1']);
    expect(await keys({ states: ['waiting'], limit: 10 })).toEqual(['w3', 'w2', 'w1']);
    expect(await keys({ states: ['active', 'succeeded'], kind: 'test', limit: 10 })).toEqual([]);
    expect(await keys({ limit: 0 })).toEqual([]);
  });

  it('refuses what it could not keep', async () => {
    const queue = harness().open({ maxPayloadBytes: 100 });
    const large = testJob({ payload: { text: 'x'.repeat(100) } });
    await expect(queue.add(large)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE', httpStatus: 413 });
    await expect(queue.add(testJob({ kind: 'No Kind' }))).rejects.toMatchObject({ code: 'JOB_INVALID' });
    await expect(queue.add({ ...testJob(), key: '' })).rejects.toMatchObject({ code: 'JOB_INVALID' });
    expect(await queue.get(large.key)).toBeUndefined();
  });

  it('fails a job whose result is too large to keep', async () => {
    const queue = harness().open({ maxResultBytes: 100 });
    queue.work('test', { concurrency: 1 }, async () => 'x'.repeat(200));
    const job = testJob();
    await queue.add(job);
    expect(await untilEnded(queue, job.key)).toMatchObject({ state: 'failed', failure: { code: 'RESULT_TOO_LARGE' } });
  });

  it('forgets ended jobs beyond its retention, but not those whose end is still to be told', async () => {
    const queue = harness().open({ keepEnded: { count: 2 }, maintenanceMs: 20 });
    queue.work('test', { concurrency: 1 }, async (job) => job.key);
    await queue.openParent('open', {});
    await queue.addChild('open', testJob({ key: 'kept-for-parent' }));
    await untilEnded(queue, 'kept-for-parent');
    const keys = ['r1', 'r2', 'r3', 'r4'];
    for (const key of keys) {
      await queue.add(testJob({ key }));
      await untilEnded(queue, key);
    }
    await expect.poll(() => queue.get('r2'), patiently).toBeUndefined();
    expect(await queue.getByJobId('job-of-r2')).toBeUndefined();
    expect(await queue.get('r4')).toBeDefined();
    expect(await queue.get('kept-for-parent')).toBeDefined();
  });
}
