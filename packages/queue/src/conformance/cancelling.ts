import { expect, it } from 'vitest';
import { EndLog, gate, patiently, type QueueHarness, testJob, untilEnded } from './harness.ts';
import { aborted } from './test-ports.ts';

const failure = { code: 'JOB_CANCELLED' };

/** Parents whose work nobody wants any more. */
export function cancellingTests(harness: () => QueueHarness): void {
  it('cancels the children that only the parent waits for, and lets the shared ones go on', async () => {
    const queue = harness().open();
    const ends = new EndLog(queue);
    const [started, hold] = [gate(), gate()];
    queue.work('runs', { concurrency: 1 }, async (job) => {
      started.open();
      return aborted(job.signal);
    });
    queue.work('shared', { concurrency: 1 }, async () => {
      await hold.opened;
      return 'done';
    });
    await queue.openParent('unwanted', { n: 1 });
    await queue.openParent('wanted', {});
    for (const id of ['unwanted', 'wanted']) await queue.addChild(id, testJob({ key: 'for-both', kind: 'shared' }));
    await queue.addChild('unwanted', testJob({ key: 'runs', kind: 'runs' }));
    await queue.addChild('unwanted', testJob({ key: 'waits' }));
    await queue.addChild('unwanted', testJob({ key: 'asked-for' }));
    await queue.add(testJob({ key: 'asked-for' }));
    await queue.sealParent('wanted');
    await started.opened;

    expect(await queue.cancelParent('unwanted')).toBe(true);
    await ends.untilComplete('unwanted');
    expect(ends.of('unwanted').sort()).toEqual(['asked-for', 'for-both', 'runs', 'waits']);
    for (const { child, data } of ends.ends) {
      expect(child).toMatchObject({ state: 'cancelled', failure });
      expect(data).toEqual({ n: 1 });
    }
    expect(ends.ends.map(({ remaining, complete }) => [remaining, complete])).toEqual([
      [3, false],
      [2, false],
      [1, false],
      [0, true],
    ]);
    await expect
      .poll(() => queue.getParent('unwanted'), patiently)
      .toMatchObject({
        sealed: true,
        cancelledAt: expect.any(Number),
        completedAt: expect.any(Number),
        outcomes: { succeeded: 0, failed: 0, cancelled: 4, expired: 0 },
      });
    expect((await queue.get('asked-for'))?.state).toBe('waiting');
    expect((await queue.get('runs'))?.state).toBe('cancelled');
    expect((await queue.get('waits'))?.state).toBe('cancelled');

    hold.open();
    await ends.untilComplete('wanted');
    expect(ends.ends.at(-1)).toMatchObject({ parentId: 'wanted', child: { state: 'succeeded', result: 'done' } });
    expect(ends.ends).toHaveLength(5);
    expect((await queue.getParent('wanted'))?.cancelledAt).toBeUndefined();
  });

  it('cancels a child with the last of the parents that waited for it', async () => {
    const queue = harness().open();
    const ends = new EndLog(queue);
    for (const id of ['one', 'two']) {
      await queue.openParent(id, {});
      await queue.addChild(id, testJob({ key: 'common' }));
    }
    expect(await queue.cancelParent('one')).toBe(true);
    await ends.untilComplete('one');
    expect((await queue.get('common'))?.state).toBe('waiting');
    expect(await queue.cancelParent('two')).toBe(true);
    await ends.untilComplete('two');
    expect(await untilEnded(queue, 'common')).toMatchObject({ state: 'cancelled', failure });
  });

  it('takes no more children, and is complete at once without any', async () => {
    const queue = harness().open();
    await queue.openParent('early', {});
    expect(await queue.cancelParent('early')).toBe(true);
    await expect(queue.addChild('early', testJob())).rejects.toMatchObject({ code: 'PARENT_SEALED' });
    await queue.sealParent('early');
    expect(await queue.getParent('early')).toMatchObject({ completedAt: expect.any(Number), total: 0 });
  });

  it('says no for a parent that is complete or unknown, and yes again while one ends', async () => {
    const queue = harness().open();
    const started = gate();
    const hold = gate();
    queue.work('test', { concurrency: 1 }, async () => {
      started.open();
      await hold.opened;
      return 'all the same';
    });
    const ends = new EndLog(queue);
    await queue.openParent('ending', {});
    await queue.addChild('ending', testJob({ key: 'stubborn' }));
    await started.opened;
    expect(await queue.cancelParent('ending')).toBe(true);
    expect(await queue.cancelParent('ending')).toBe(true);
    hold.open();
    await ends.untilComplete('ending');
    await expect.poll(() => queue.cancelParent('ending'), patiently).toBe(false);
    expect(ends.ends).toHaveLength(1);
    expect(await queue.cancelParent('never heard of')).toBe(false);
  });
}
