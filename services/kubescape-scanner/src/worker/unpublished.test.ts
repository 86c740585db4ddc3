import type { ResourceResult } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { Unpublished } from './unpublished.ts';

const result = (resourceId: string, idempotencyKey: string): ResourceResult => ({
  resourceId,
  idempotencyKey,
  apiVersion: 'v1',
  kind: 'Pod',
  namespace: 'shop',
  name: resourceId,
  controls: [],
});
const changed = (...list: ResourceResult[]) => ({ changed: list, removed: [] });
const gone = (...removed: string[]) => ({ changed: [], removed });

describe('Unpublished', () => {
  it('leaves out what the store has already', () => {
    const unpublished = new Unpublished(new Map([['a', '1']]));
    unpublished.add(changed(result('a', '1'), result('b', '1')));
    expect(unpublished.take(10)?.changes).toEqual(changed(result('b', '1')));
    expect(unpublished.isEmpty).toBe(true);
  });

  it('tells what is gone only if it was stored, or is on its way', () => {
    const unpublished = new Unpublished(new Map([['a', '1']]));
    unpublished.add(changed(result('b', '1')));
    unpublished.add(gone('a', 'b', 'c'));
    expect(unpublished.take(10)?.changes).toEqual(gone('a'));
  });

  it('finds what vanished while nobody watched', () => {
    const unpublished = new Unpublished(
      new Map([
        ['a', '1'],
        ['b', '1'],
      ]),
    );
    unpublished.addVanished((id) => id === 'b');
    expect(unpublished.take(10)?.changes).toEqual(gone('a'));
  });

  it('brings back a batch that was not stored, unless it is outdated', () => {
    const unpublished = new Unpublished(new Map());
    unpublished.add(changed(result('a', '1'), result('b', '1')));
    const { batch = 0 } = unpublished.take(10) ?? {};
    unpublished.add(changed(result('b', '2')));
    unpublished.settle(batch, false);
    expect(
      unpublished.take(10)?.changes.changed.map(({ resourceId, idempotencyKey }) => resourceId + idempotencyKey),
    ).toEqual(expect.arrayContaining(['a1', 'b2']));
  });

  it('stores a state again that was left and came back while a batch was on its way', () => {
    const unpublished = new Unpublished(new Map([['a', '1']]));
    unpublished.add(changed(result('a', '2')));
    const { batch = 0 } = unpublished.take(10) ?? {};
    unpublished.add(changed(result('a', '1')));
    unpublished.settle(batch, true);
    expect(unpublished.take(10)?.changes).toEqual(changed(result('a', '1')));
  });

  it('splits into batches', () => {
    const unpublished = new Unpublished(new Map());
    unpublished.add(changed(...['a', 'b', 'c'].map((id) => result(id, '1'))));
    expect(unpublished.take(2)?.changes.changed).toHaveLength(2);
    expect(unpublished.take(2)?.changes.changed).toHaveLength(1);
    expect(unpublished.take(2)).toBeUndefined();
  });
});
