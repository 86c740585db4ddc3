import { describe, expect, it, onTestFinished } from 'vitest';
import { entry } from './conformance.ts';
import { createGroupCommit } from './group-commit.ts';
import type { Transactor } from './port.ts';
import { openSqliteStore } from './sqlite/store.ts';

function opened() {
  const store = openSqliteStore({ path: ':memory:' });
  onTestFinished(() => store.close());
  let depth = 0;
  let commits = 0;
  const transactor: Transactor = {
    transaction: (fn) => {
      if (depth === 0) commits += 1;
      depth += 1;
      try {
        return store.transaction(fn);
      } finally {
        depth -= 1;
      }
    },
  };
  return { store, transactor, commits: () => commits };
}

describe('writes that are committed together', () => {
  it('share one transaction when they come at the same time, in their order', async () => {
    const { store, transactor, commits } = opened();
    const group = createGroupCommit(transactor);
    const written = ['a', 'b', 'c'].map((key) => group.run(() => (store.outbox.put([entry(key)]), key)));
    expect(store.outbox.stats().queued).toBe(0);
    expect(await Promise.all(written)).toEqual(['a', 'b', 'c']);
    expect(store.outbox.stats().queued).toBe(3);
    expect(commits()).toBe(1);
  });

  it('are undone one by one when they throw', async () => {
    const { store, transactor } = opened();
    const group = createGroupCommit(transactor);
    const failing = group.run(() => {
      store.outbox.put([entry('a')]);
      throw new Error('no');
    });
    const good = group.run(() => store.outbox.put([entry('b')]));
    await expect(failing).rejects.toThrow('no');
    await good;
    expect(store.outbox.due(Date.now(), 9)).toMatchObject([{ idempotencyKey: 'b' }]);
  });

  it('are tried alone when the common transaction cannot be had', async () => {
    const { store } = opened();
    let broken = true;
    const group = createGroupCommit({
      transaction: (fn) => {
        if (broken) {
          broken = false;
          throw new Error('full');
        }
        return store.transaction(fn);
      },
    });
    await Promise.all([
      group.run(() => store.outbox.put([entry('a')])),
      group.run(() => store.outbox.put([entry('b')])),
    ]);
    expect(store.outbox.stats().queued).toBe(2);
  });
});
