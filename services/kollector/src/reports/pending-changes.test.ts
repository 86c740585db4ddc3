import { describe, expect, it } from 'vitest';
import { createPendingChanges } from './pending-changes.ts';
import type { Entry, Operation } from './sections.ts';

const entry = (name: string): Entry => ({ text: () => name, deletedText: () => name });

function after(...operations: Operation[]) {
  const pending = createPendingChanges(() => 0);
  pending.begin();
  operations.forEach((operation, index) => pending.note('pod', operation, 'p', entry(String(index))));
  return pending.take().map((change) => `${change.operation} ${change.entry.text()}`);
}

describe('changes that wait for the next report', () => {
  it.each<[Operation[], string[]]>([
    [['create', 'update'], ['create 1']],
    [['create', 'delete'], []],
    [['update', 'update', 'update'], ['update 2']],
    [['update', 'delete'], ['delete 1']],
    [['delete', 'create'], ['update 1']],
    [['delete', 'create', 'delete'], ['delete 2']],
    [['create', 'delete', 'create'], ['create 2']],
  ])('%j leave %j', (operations, expected) => expect(after(...operations)).toEqual(expected));

  it('are those since the first report, and none while there is no receiver', () => {
    const pending = createPendingChanges(() => 0);
    pending.note('pod', 'create', 'a', entry('a'));
    expect(pending.isEmpty).toBe(true);
    pending.begin();
    pending.note('pod', 'create', 'b', entry('b'));
    pending.begin();
    expect(pending.take()).toEqual([]);
    pending.note('pod', 'create', 'c', entry('c'));
    pending.end();
    pending.note('pod', 'create', 'd', entry('d'));
    expect(pending.take()).toEqual([]);
  });

  it('come in the order of sections: a workload before its pods', () => {
    const pending = createPendingChanges(() => 0);
    pending.begin();
    pending.note('pod', 'update', 'p', entry('p'));
    pending.note('pod', 'create', 'q', entry('q'));
    pending.note('microservice', 'create', 'm', entry('m'));
    expect(pending.take().map(({ section, operation }) => `${section} ${operation}`)).toEqual([
      'microservice create',
      'pod create',
      'pod update',
    ]);
  });

  it('wake who waits for them, and let go of who has stopped', async () => {
    const pending = createPendingChanges(() => 0);
    pending.begin();
    const stop = new AbortController();
    const stopped = pending.some(stop.signal);
    stop.abort(new Error('over'));
    await expect(stopped).rejects.toThrow('over');
    const woken = pending.some(new AbortController().signal);
    pending.note('pod', 'create', 'p', entry('p'));
    await woken;
  });
});
