import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attributesOf, isEmpty, matches } from './attributes.ts';

const of = (object: Record<string, string>) => attributesOf(Object.entries(object));

describe('routing', () => {
  it.each([
    [{ customerGUID: 'A', clusterName: 'c1' }, { customerGUID: 'A' }, true],
    [{ customerGUID: 'A', clusterName: 'c1' }, { customerGUID: 'A', clusterName: 'c2' }, false],
    [{ customerGUID: 'A' }, { customerGUID: 'A', clusterName: 'c2' }, true],
    [{ customerGUID: 'A' }, { dest: 'trigger' }, false],
    [{ customerGUID: 'A' }, {}, false],
    [{ customerGUID: 'A' }, { customerGUID: 'a' }, false],
    [{ customerGUID: 'A' }, { customerguid: 'A' }, false],
    [{ customerGUID: '' }, { customerGUID: '' }, true],
    [{ customerGUID: 'A' }, { constructor: 'x', toString: 'y' }, false],
  ])('%j with target %j: %s', (connection, target, expected) => {
    expect(matches(of(connection), of(target))).toBe(expected);
  });

  it('is the rule in words: one name shared, and no shared name that differs', () => {
    const map = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), fc.constantFrom('1', '2'));
    fc.assert(
      fc.property(map, map, (connection, target) => {
        const shared = Object.keys(target).filter((name) => Object.hasOwn(connection, name));
        const expected = shared.length > 0 && shared.every((name) => connection[name] === target[name]);
        expect(matches(of(connection), of(target))).toBe(expected);
      }),
    );
  });
});

it('the first value of a name counts, and no name is special', () => {
  const attributes = attributesOf([
    ['a', '1'],
    ['a', '2'],
    ['__proto__', 'x'],
  ]);
  expect({ ...attributes }).toEqual({ a: '1', ['__proto__']: 'x' });
  expect(isEmpty(attributesOf([]))).toBe(true);
});
