import { expect, it } from 'vitest';
import { EndLog, gate, patiently, type QueueHarness, testJob, untilEnded } from './harness.ts';

/** Many parents, one child: each end is told to each parent once. */
export function parentTests(harness: () => QueueHarness): void {
  it('tells every parent of the end of the child they share, once', async () => {
    const queue = harness().open();
    const ends = new EndLog(queue);
    for (const id of ['p1', 'p2', 'p3']) {
      await queue.openParent(id, { command: id });
      await queue.addChild(id, testJob({ key: 'shared' }));
      await queue.addChild(id, testJob({ key: `own-${id}` }));
      await queue.sealParent(id);
    }
    queue.work('test', { concurrency: 2 }, async (job) => job.key);
    await Promise.all(['p1', 'p2', 'p3'].map((id) => ends.untilComplete(id)));
    for (const id of ['p1', 'p2', 'p3']) {
      expect(ends.of(id).sort()).toEqual([`own-${id}`, 'shared']);
      const told = ends.ends.filter((end) => end.parentId === id);
      expect(told.map(({ remaining, complete }) => [remaining, complete])).toEqual([
        [1, false],
        [0, true],
      ]);
      expect(told.every(({ data }) => data['command'] === id)).toBe(true);
      const [first] = told;
      expect(first?.child).toMatchObject({ state: 'succeeded', result: first?.child.key });
      await expect.poll(() => queue.getParent(id), patiently).toMatchObject({ completedAt: expect.any(Number) });
      const parent = await queue.getParent(id);
      expect(parent).toMatchObject({ id, data: { command: id }, total: 2, sealed: true });
      expect([...(parent?.ended ?? [])].sort()).toEqual([...(parent?.children ?? [])].sort());
    }
    expect((await queue.get('shared'))?.attemptsMade).toBe(1);
  });

  it('tells a parent that came after the child had ended', async () => {
    const queue = harness().open();
    queue.work('test', { concurrency: 1 }, async () => 'known');
    const job = testJob({ reuse: 'succeeded' });
    await queue.add(job);
    await untilEnded(queue, job.key);
    const ends = new EndLog(queue);
    await queue.openParent('late', {});
    expect((await queue.addChild('late', job)).outcome).toBe('known');
    await queue.sealParent('late');
    await ends.untilComplete('late');
    expect(ends.ends).toHaveLength(1);
    expect(ends.ends[0]).toMatchObject({ child: { key: job.key, result: 'known' }, remaining: 0, complete: true });
  });

  it('holds the last end back until the parent is sealed, so that completeness is said once', async () => {
    const queue = harness().open();
    const ends = new EndLog(queue);
    queue.work('test', { concurrency: 1 }, async () => null);
    await queue.openParent('slow', {});
    await queue.addChild('slow', testJob({ key: 's1' }));
    await untilEnded(queue, 's1');
    await queue.addChild('slow', testJob({ key: 's2' }));
    await untilEnded(queue, 's2');
    await ends.untilCount(1);
    expect(ends.ends.map(({ complete }) => complete)).toEqual([false]);
    await queue.sealParent('slow', { pods: 2 });
    await ends.untilComplete('slow');
    expect(ends.ends.map(({ complete, remaining }) => [complete, remaining])).toEqual([
      [false, 1],
      [true, 0],
    ]);
    await queue.sealParent('slow', { pods: 3 });
    expect(await queue.getParent('slow')).toMatchObject({ note: { pods: 2 } });
  });

  it('takes a child of the same key once, and none after sealing', async () => {
    const queue = harness().open();
    await queue.openParent('once', { first: true });
    await queue.openParent('once', { first: false });
    expect((await queue.addChild('once', testJob({ key: 'c' }))).outcome).toBe('added');
    expect((await queue.addChild('once', testJob({ key: 'c' }))).outcome).toBe('joined');
    await queue.sealParent('once');
    expect((await queue.addChild('once', testJob({ key: 'c' }))).outcome).toBe('joined');
    await expect(queue.addChild('once', testJob())).rejects.toMatchObject({ code: 'PARENT_SEALED' });
    await expect(queue.addChild('nobody', testJob())).rejects.toMatchObject({ code: 'PARENT_UNKNOWN' });
    await expect(queue.sealParent('nobody')).rejects.toMatchObject({ code: 'PARENT_UNKNOWN' });
    expect(await queue.getParent('once')).toMatchObject({ data: { first: true }, children: ['c'], ended: [] });
    expect(await queue.getParent('nobody')).toBeUndefined();
  });

  it('does not run a child again that has ended for this parent, even if it failed', async () => {
    const queue = harness().open();
    const ends = new EndLog(queue);
    let runs = 0;
    queue.work('test', { concurrency: 1 }, async () => {
      runs += 1;
      throw new Error('no');
    });
    const job = testJob({ attempts: 1 });
    await queue.openParent('redo', {});
    await queue.addChild('redo', job);
    await queue.addChild('redo', testJob({ key: 'redo-other', kind: 'other' }));
    await ends.untilCount(1);
    expect((await queue.addChild('redo', job)).outcome).toBe('known');
    await queue.cancel('redo-other');
    await queue.sealParent('redo');
    await ends.untilComplete('redo');
    expect(runs).toBe(1);
    expect(ends.of('redo')).toEqual([job.key, 'redo-other']);
    const parent = await queue.getParent('redo');
    expect(parent?.outcomes).toEqual({ succeeded: 0, failed: 1, cancelled: 1, expired: 0 });
  });

  it('tells an end again until the owner acknowledges it', async () => {
    const queue = harness().open();
    queue.work('test', { concurrency: 1 }, async () => null);
    const calls: string[] = [];
    const acknowledged = gate();
    queue.onChildEnd(async ({ parentId, complete }) => {
      calls.push(`${parentId} ${complete}`);
      if (calls.length < 3) throw new Error('not now');
      acknowledged.open();
    });
    await queue.openParent('stubborn', {});
    await queue.addChild('stubborn', testJob());
    await queue.sealParent('stubborn');
    await acknowledged.opened;
    expect(calls).toEqual(['stubborn true', 'stubborn true', 'stubborn true']);
    await expect.poll(async () => (await queue.getParent('stubborn'))?.ended.length, patiently).toBe(1);
  });

  it('has one owner of ends at a time', async () => {
    const queue = harness().open();
    const stop = queue.onChildEnd(async () => undefined);
    expect(() => queue.onChildEnd(async () => undefined)).toThrowError(
      expect.objectContaining({ code: 'HANDLER_TAKEN' }),
    );
    await stop();
    await queue.onChildEnd(async () => undefined)();
  });

  it('tells of ends that happened while the owner was away', async () => {
    const first = harness().open();
    await first.openParent('away', { step: 1 });
    await first.addChild('away', testJob({ key: 'away-1' }));
    await first.addChild('away', testJob({ key: 'away-2' }));
    await first.sealParent('away');
    await first.close();

    const second = harness().open();
    second.work('test', { concurrency: 1 }, async () => 'done');
    await untilEnded(second, 'away-1');
    await untilEnded(second, 'away-2');
    await second.close();

    const third = harness().open();
    expect((await third.listParents({ complete: false, limit: 10 })).map(({ id }) => id)).toEqual(['away']);
    const ends = new EndLog(third);
    await ends.untilComplete('away');
    expect(ends.of('away').sort()).toEqual(['away-1', 'away-2']);
    await expect.poll(() => third.listParents({ complete: true, limit: 10 }), patiently).toHaveLength(1);
    await third.close();

    const fourth = harness().open();
    const again = new EndLog(fourth);
    await fourth.openParent('other', {});
    await fourth.addChild('other', testJob({ key: 'away-1', reuse: 'succeeded' }));
    await fourth.sealParent('other');
    await again.untilComplete('other');
    expect(again.of('away')).toEqual([]);
  });

  it('completes a parent that was sealed without children, without a call', async () => {
    const queue = harness().open();
    await queue.openParent('childless', {});
    await queue.sealParent('childless');
    expect(await queue.getParent('childless')).toMatchObject({ sealed: true, completedAt: expect.any(Number) });
  });

  it('counts exactly when everything happens at once', async () => {
    const queue = harness().open();
    const ends = new EndLog(queue);
    queue.work('test', { concurrency: 16 }, async (job) => {
      if (Number(job.payload['n']) % 7 === 0) throw new Error('every seventh fails');
      return null;
    });
    const parents = Array.from({ length: 5 }, (_, index) => `crowd-${index}`);
    const children = 60;
    await Promise.all(
      parents.map(async (id) => {
        await queue.openParent(id, {});
        await Promise.all(
          Array.from({ length: children }, (_, n) =>
            queue.addChild(id, testJob({ key: `crowd-child-${n}`, payload: { n }, attempts: 1, reuse: 'succeeded' })),
          ),
        );
        await queue.sealParent(id);
      }),
    );
    await Promise.all(parents.map((id) => ends.untilComplete(id)));
    for (const id of parents) {
      const told = ends.ends.filter((end) => end.parentId === id);
      expect(new Set(told.map((end) => end.child.key)).size).toBe(children);
      expect(told.map((end) => end.remaining)).toEqual(Array.from({ length: children }, (_, n) => children - 1 - n));
      expect(told.filter((end) => end.complete)).toHaveLength(1);
    }
    expect(ends.ends).toHaveLength(children * parents.length);
  });
}
