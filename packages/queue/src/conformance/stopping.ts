import { expect, it } from 'vitest';
import { EndLog, gate, patiently, type QueueHarness, testJob, untilEnded } from './harness.ts';
import { aborted, testPorts } from './test-ports.ts';

/** Cancel, shutdown, metrics, tracing. */
export function stoppingTests(harness: () => QueueHarness): void {
  it('cancels a job that waits', async () => {
    const queue = harness().open();
    const ends = new EndLog(queue);
    await queue.openParent('unwanted', {});
    await queue.addChild('unwanted', testJob({ key: 'x' }));
    await queue.sealParent('unwanted');
    expect(await queue.cancel('x')).toBe(true);
    await ends.untilComplete('unwanted');
    expect(ends.ends[0]).toMatchObject({ child: { state: 'cancelled', failure: { code: 'JOB_CANCELLED' } } });
    expect(await queue.cancel('x')).toBe(false);
    expect(await queue.cancel('never heard of')).toBe(false);
    let runs = 0;
    queue.work('test', { concurrency: 1 }, async () => {
      runs += 1;
      return null;
    });
    await queue.add(testJob({ key: 'y' }));
    await untilEnded(queue, 'y');
    expect(runs).toBe(1);
  });

  it('aborts a job that runs when it is cancelled', async () => {
    const queue = harness().open();
    const started = gate();
    queue.work('test', { concurrency: 1 }, async (job) => {
      started.open();
      return aborted(job.signal);
    });
    const job = testJob();
    await queue.add(job);
    await started.opened;
    expect(await queue.cancel(job.key)).toBe(true);
    expect(await untilEnded(queue, job.key)).toMatchObject({
      state: 'cancelled',
      attemptsMade: 0,
      failure: { code: 'JOB_CANCELLED' },
    });
    expect((await queue.add(job)).outcome).toBe('added');
  });

  it('finishes short jobs at shutdown and hands long ones back without a lost attempt', async () => {
    const queue = harness().open();
    const started = { short: gate(), long: gate() };
    const hold = gate();
    const reasons: unknown[] = [];
    const worker = queue.work('test', { concurrency: 2 }, async (job) => {
      if (job.key === 'short') {
        started.short.open();
        await hold.opened;
        return 'finished';
      }
      started.long.open();
      return aborted(job.signal).catch((reason: unknown) => {
        reasons.push(reason);
        throw reason;
      });
    });
    await queue.add(testJob({ key: 'short' }));
    await queue.add(testJob({ key: 'long', attempts: 1 }));
    await Promise.all([started.short.opened, started.long.opened]);
    const closing = worker.close(100);
    await queue.add(testJob({ key: 'after' }));
    hold.open();
    await closing;
    expect(await queue.get('short')).toMatchObject({ state: 'succeeded' });
    expect(await queue.get('long')).toMatchObject({ state: 'waiting', attemptsMade: 0 });
    expect(await queue.get('after')).toMatchObject({ state: 'waiting' });
    expect(reasons).toMatchObject([{ code: 'JOB_RELEASED' }]);

    queue.work('test', { concurrency: 1 }, async (job) => job.attemptsMade);
    expect(await untilEnded(queue, 'long')).toMatchObject({ state: 'succeeded', attemptsMade: 1, result: 0 });
    await untilEnded(queue, 'after');
  });

  it('hands a job back whose handler does not listen, and ignores what that says later', async () => {
    const queue = harness().open({ abortGraceMs: 20 });
    const started = gate();
    const hold = gate();
    const worker = queue.work('test', { concurrency: 1 }, async () => {
      started.open();
      await hold.opened;
      return 'from the old one';
    });
    const job = testJob();
    await queue.add(job);
    await started.opened;
    await worker.close(0);
    expect(await queue.get(job.key)).toMatchObject({ state: 'waiting' });
    hold.open();
    queue.work('test', { concurrency: 1 }, async () => 'from the new one');
    expect(await untilEnded(queue, job.key)).toMatchObject({ result: 'from the new one', attemptsMade: 1 });
  });

  it('is not ready and takes nothing once it is closed', async () => {
    const queue = harness().open();
    await expect.poll(() => queue.notReady(), patiently).toBeUndefined();
    await queue.close();
    await queue.close();
    expect(queue.notReady()).toBe('the queue is closed');
    await expect(queue.add(testJob())).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
  });

  it('tells its metrics by kind', async () => {
    const ports = testPorts();
    const queue = harness().open({ ports, maintenanceMs: 20 });
    queue.work('test', { concurrency: 1 }, async () => null);
    const job = testJob();
    await queue.add(job);
    await queue.add(testJob({ kind: 'idle' }));
    await untilEnded(queue, job.key);
    await expect
      .poll(() => ports.metrics.registry.metrics(), patiently)
      .toContain('kso_queue_jobs{kind="idle",state="waiting"} 1');
    const text = await ports.metrics.registry.metrics();
    expect(text).toContain('kso_queue_attempts_total{kind="test",outcome="succeeded"} 1');
    expect(text).toContain('kso_queue_attempt_duration_seconds_count{kind="test",outcome="succeeded"} 1');
    expect(text).toContain('kso_queue_job_duration_seconds_count{kind="test",state="succeeded"} 1');
    expect(text).toMatch(/kso_queue_oldest_waiting_seconds\{kind="idle"\} [\d.]+/);
  });

  it('runs a job in a span below the one that asked for it', async () => {
    const spans: unknown[] = [];
    const tracer = {
      span: <T>(name: string, options: { parent?: string | undefined }, fn: () => Promise<T>) => {
        spans.push([name, options.parent]);
        return fn();
      },
      current: () => '00-11111111111111111111111111111111-2222222222222222-01',
      shutdown: async () => undefined,
    };
    const queue = harness().open({ ports: { tracer } });
    queue.work('test', { concurrency: 1 }, async (job) => job.traceparent ?? null);
    const given = testJob({ traceparent: '00-33333333333333333333333333333333-4444444444444444-01' });
    const found = testJob();
    await queue.add(given);
    await untilEnded(queue, given.key);
    await queue.add(found);
    expect((await untilEnded(queue, found.key)).result).toBe(tracer.current());
    expect(spans).toEqual([
      ['job test', given.traceparent],
      ['job test', tracer.current()],
    ]);
  });
}
