import type { Clock } from '@kso/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OutboxOptions } from './options.ts';
import type { OutboxEntry, Store, StoredResult } from './port.ts';

/** What every store must do, whatever it is made of. `open` gives an empty one. */
export function storeConformance(name: string, open: (options: OutboxOptions) => Store): void {
  describe(`${name} store`, () => {
    let now = 1_000;
    const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };
    let store: Store;
    const reopen = (options: OutboxOptions = {}) => {
      store = open({ clock, ...options });
      return store;
    };
    beforeEach(() => {
      now = 1_000;
      reopen();
    });
    afterEach(() => store.close());

    describe('results', () => {
      resultConformance(() => store);
      pruneConformance(() => store);
    });
    describe('outbox', () => {
      const setTime = (at: number) => {
        now = at;
      };
      outboxConformance(() => store, reopen, setTime);
    });
    describe('transactions', () => {
      transactionConformance(() => store);
    });
  });
}

export function entry(key: string, over: Partial<OutboxEntry> = {}): OutboxEntry {
  return { idempotencyKey: key, path: '/k8s/v2/postureReport', body: `{"key":"${key}"}`, group: 'g', ...over };
}

function result(key: string, over: Partial<StoredResult> = {}): StoredResult {
  return { kind: 'posture', key, idempotencyKey: `${key}-1`, body: { key }, storedAt: 5, ...over };
}

const keysOf = (entries: readonly { idempotencyKey: string }[]) => entries.map((each) => each.idempotencyKey);

function resultConformance(current: () => Store): void {
  it('keeps the newest state and says whether the question was new', () => {
    const { results } = current();
    expect(results.put(result('a'))).toBe(true);
    expect(results.put(result('a', { body: { other: true } }))).toBe(false);
    expect(results.get('posture', 'a')?.body).toEqual({ key: 'a' });
    expect(results.put(result('a', { idempotencyKey: 'a-2', body: [1, null, 'ü'], storedAt: 6 }))).toBe(true);
    expect(results.get('posture', 'a')).toEqual(
      result('a', { idempotencyKey: 'a-2', body: [1, null, 'ü'], storedAt: 6 }),
    );
    expect(results.get('image', 'a')).toBeUndefined();
  });

  it('lists in key order by prefix and in pages, and counts by kind', () => {
    const { results } = current();
    for (const key of ['ns/b', 'ns/a', 'other', 'ns/😀', 'ns/\uff5e']) results.put(result(key));
    results.put(result('ns/a', { kind: 'image' }));
    const all = results.list('posture', { prefix: 'ns/', limit: 10 }).map((each) => each.key);
    expect(all).toEqual(['ns/a', 'ns/b', 'ns/\uff5e', 'ns/😀']);
    expect(results.list('posture', { prefix: 'ns/', after: 'ns/a', limit: 2 }).map((each) => each.key)).toEqual(
      all.slice(1, 3),
    );
    const keys = results.keys('posture', { after: 'ns/a', limit: 3 });
    expect(keys.map(({ key }) => key)).toEqual(['ns/b', 'ns/\uff5e', 'ns/😀']);
    expect(keys[0]).toEqual({ key: 'ns/b', idempotencyKey: result('ns/b').idempotencyKey });
    expect(results.count('posture')).toBe(5);
    expect(results.count('nothing')).toBe(0);
  });

  it('deletes', () => {
    const { results } = current();
    results.put(result('a'));
    expect(results.delete('posture', 'a')).toBe(true);
    expect(results.delete('posture', 'a')).toBe(false);
    expect(results.put(result('a'))).toBe(true);
  });
}

function pruneConformance(current: () => Store): void {
  it('removes what is older than asked, of one kind only', () => {
    const { results } = current();
    for (const [key, storedAt] of Object.entries({ old: 4, edge: 5, fresh: 6 })) results.put(result(key, { storedAt }));
    results.put(result('old', { kind: 'image', storedAt: 4 }));
    expect(results.prune('posture', 5)).toBe(1);
    expect(results.list('posture', { limit: 9 }).map((each) => each.key)).toEqual(['edge', 'fresh']);
    expect(results.count('image')).toBe(1);
    expect(results.prune('posture', 5)).toBe(0);
  });
}

function outboxConformance(
  current: () => Store,
  reopen: (options: OutboxOptions) => Store,
  setTime: (now: number) => void,
): void {
  it('gives back what was put, unchanged', () => {
    const { outbox } = current();
    const full = entry('a', { jobId: 'job', parentId: 'parent', traceparent: '00-1-2-01', body: 'ä\u0000"' });
    outbox.put([full]);
    expect(outbox.due(1_000, 10)).toEqual([{ ...full, id: 1, attempts: 0, queuedAt: 1_000, nextAttemptAt: 1_000 }]);
    expect(outbox.due(999, 10)).toEqual([]);
  });

  it('hands out the first of each group only, so a group stays in order and groups are parallel', () => {
    const { outbox } = current();
    outbox.put([
      entry('a1', { group: 'a' }),
      entry('a2', { group: 'a' }),
      entry('b1', { group: 'b' }),
      entry('b2', { group: 'b' }),
    ]);
    expect(keysOf(outbox.due(1_000, 10))).toEqual(['a1', 'b1']);
    outbox.delivered(1);
    expect(keysOf(outbox.due(1_000, 10))).toEqual(['a2', 'b1']);
    expect(keysOf(outbox.due(1_000, 1))).toEqual(['a2']);
    expect(keysOf(outbox.due(1_000, 10, new Set([2])))).toEqual(['b1']);
  });

  it('lets a delayed entry hold its own group and no other', () => {
    const { outbox } = current();
    outbox.put([entry('a1', { group: 'a' }), entry('a2', { group: 'a' }), entry('b1', { group: 'b' })]);
    outbox.retryAt(1, 5_000, 'HTTP 503');
    expect(keysOf(outbox.due(1_000, 10))).toEqual(['b1']);
    outbox.delivered(3);
    expect(outbox.nextDueAt()).toBe(5_000);
    expect(outbox.due(5_000, 10)).toMatchObject([{ idempotencyKey: 'a1', attempts: 1, nextAttemptAt: 5_000 }]);
  });

  it('takes the same key once: while it is queued, after delivery, and after it was refused', () => {
    const { outbox } = current();
    outbox.put([entry('a'), entry('a', { body: 'again' }), entry('b')]);
    expect(outbox.stats().queued).toBe(2);
    outbox.delivered(1);
    outbox.undeliverable(2, 'HTTP 400');
    outbox.put([entry('a'), entry('b')]);
    expect(outbox.stats()).toEqual({ queued: 0, bytes: 0, undeliverable: 1 });
    expect(outbox.nextDueAt()).toBeUndefined();
  });

  it('remembers delivered keys for the configured time only', () => {
    const { outbox } = reopen({ rememberDeliveredMs: 100 });
    outbox.put([entry('a'), entry('b')]);
    outbox.delivered(1);
    setTime(1_200);
    outbox.delivered(2);
    outbox.put([entry('a'), entry('b')]);
    expect(keysOf(outbox.due(2_000, 10))).toEqual(['a']);
  });

  it('ignores ends of entries that have ended', () => {
    const { outbox } = current();
    outbox.put([entry('a'), entry('b')]);
    outbox.delivered(1);
    outbox.delivered(1);
    outbox.retryAt(1, 9_000, 'late');
    outbox.undeliverable(1, 'late');
    outbox.undeliverable(77, 'never was');
    expect(outbox.stats()).toMatchObject({ queued: 1, undeliverable: 0 });
  });

  it('keeps refused entries apart with the reason, lets the group go on, and can take them back', () => {
    const { outbox } = current();
    outbox.put([entry('a', { jobId: 'j' }), entry('b'), entry('c')]);
    setTime(2_000);
    outbox.undeliverable(1, 'HTTP 400: no cluster');
    expect(keysOf(outbox.due(2_000, 10))).toEqual(['b']);
    expect(outbox.listUndeliverable({ limit: 5 })).toEqual([
      { ...entry('a', { jobId: 'j' }), id: 1, reason: 'HTTP 400: no cluster', at: 2_000 },
    ]);
    expect(outbox.requeue(1)).toBe(true);
    expect(outbox.requeue(1)).toBe(false);
    outbox.delivered(2);
    outbox.delivered(3);
    expect(outbox.due(2_000, 10)).toMatchObject([entry('a', { jobId: 'j' })]);
    expect(outbox.stats()).toMatchObject({ queued: 1, undeliverable: 0 });
  });

  it('pages through refused entries, the newest first, and bounds what they keep', () => {
    const { outbox } = reopen({ maxUndeliverableBytes: 25, keepUndeliverableMs: 1_000 });
    for (const key of ['a', 'b', 'c']) {
      outbox.put([entry(key, { body: '0123456789' })]);
      outbox.undeliverable(outbox.due(1_000, 1)[0]?.id ?? 0, 'HTTP 422');
    }
    const [newest, ...older] = outbox.listUndeliverable({ limit: 10 });
    expect(newest).toMatchObject({ idempotencyKey: 'c', body: '0123456789' });
    expect(older.map((each) => [each.idempotencyKey, each.body])).toEqual([
      ['b', '0123456789'],
      ['a', undefined],
    ]);
    expect(keysOf(outbox.listUndeliverable({ before: older[0]?.id ?? 0, limit: 10 }))).toEqual(['a']);
    expect(outbox.requeue(older[1]?.id ?? 0)).toBe(false);
    setTime(2_001);
    outbox.put([entry('d')]);
    outbox.undeliverable(outbox.due(3_000, 1)[0]?.id ?? 0, 'HTTP 413');
    expect(keysOf(outbox.listUndeliverable({ limit: 10 }))).toEqual(['d']);
  });

  it('refuses what goes beyond its size, all of it, and has room again after a delivery', () => {
    const { outbox } = reopen({ maxBytes: 25 });
    outbox.put([entry('a', { body: '0123456789' })]);
    const tooMuch = [entry('b', { body: 'bbbb' }), entry('c', { body: 'ccccccccccccc' })];
    expect(() => outbox.put(tooMuch)).toThrow(expect.objectContaining({ code: 'STORE_FULL', retryable: true }));
    expect(outbox.stats()).toEqual({ queued: 1, bytes: 10, undeliverable: 0, oldestQueuedAt: 1_000 });
    outbox.delivered(1);
    outbox.put(tooMuch);
    expect(outbox.stats()).toMatchObject({ queued: 2, bytes: 17 });
  });

  it('counts bytes as UTF-8 and knows the age of the oldest', () => {
    const { outbox } = current();
    outbox.put([entry('a', { body: 'äöü' })]);
    setTime(3_000);
    outbox.put([entry('b', { body: 'x' })]);
    expect(outbox.stats()).toEqual({ queued: 2, bytes: 7, undeliverable: 0, oldestQueuedAt: 1_000 });
    outbox.delivered(1);
    expect(outbox.stats()).toMatchObject({ bytes: 1, oldestQueuedAt: 3_000 });
  });
}

function transactionConformance(current: () => Store): void {
  it('writes a result and its report together or not at all', () => {
    const store = current();
    const both = (crash: boolean) => () => {
      store.results.put(result('a'));
      store.outbox.put([entry('a')]);
      if (crash) throw new Error('crash');
      return 'done';
    };
    expect(() => store.transaction(both(true))).toThrow('crash');
    expect([store.results.count('posture'), store.outbox.stats().queued]).toEqual([0, 0]);
    expect(store.transaction(both(false))).toBe('done');
    expect([store.results.count('posture'), store.outbox.stats().queued]).toEqual([1, 1]);
  });

  it('undoes an inner transaction alone when its error is caught', () => {
    const store = current();
    store.transaction(() => {
      store.results.put(result('outer'));
      expect(() =>
        store.transaction(() => {
          store.results.put(result('inner'));
          throw new Error('inner');
        }),
      ).toThrow('inner');
      store.results.put(result('after'));
    });
    expect(store.results.list('posture', { limit: 9 }).map((each) => each.key)).toEqual(['after', 'outer']);
  });

  it('refuses a function that waits, and undoes what it did before', () => {
    const store = current();
    const waits = () => {
      store.results.put(result('a'));
      return Promise.resolve();
    };
    expect(() => store.transaction(waits)).toThrow(expect.objectContaining({ code: 'STORE_ASYNC_TRANSACTION' }));
    expect(store.results.count('posture')).toBe(0);
    expect(store.results.put(result('b'))).toBe(true);
  });
}
