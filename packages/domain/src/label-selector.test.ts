import { describe, expect, it } from 'vitest';
import { parseSelector, parseServiceSelector, selectorMatches } from './label-selector.ts';

const matches = (selector: object, labels: Record<string, string>): boolean => {
  const parsed = parseSelector(selector);
  return parsed !== undefined && selectorMatches(parsed, labels);
};

describe('label selectors', () => {
  it('select everything when empty', () => {
    expect(matches({}, {})).toBe(true);
    expect(matches({ matchLabels: {} }, { a: '1' })).toBe(true);
  });

  it('need every label', () => {
    expect(matches({ matchLabels: { a: '1', b: '2' } }, { a: '1', b: '2', c: '3' })).toBe(true);
    expect(matches({ matchLabels: { a: '1', b: '2' } }, { a: '1' })).toBe(false);
    expect(matches({ matchLabels: { constructor: 'x' } }, {})).toBe(false);
  });

  it.each([
    ['In', ['1', '2'], { a: '1' }, true],
    ['In', ['1', '2'], { a: '3' }, false],
    ['In', ['1'], {}, false],
    ['NotIn', ['1'], { a: '1' }, false],
    ['NotIn', ['1'], {}, true],
    ['Exists', [], { a: '' }, true],
    ['Exists', [], {}, false],
    ['DoesNotExist', [], {}, true],
    ['DoesNotExist', [], { a: '1' }, false],
    ['Near', ['1'], { a: '1' }, false],
  ])('know the operator %s %j with %j', (operator, values, labels, expected) => {
    expect(matches({ matchExpressions: [{ key: 'a', operator, values }] }, labels as Record<string, string>)).toBe(
      expected,
    );
  });

  it('of Services select nothing when empty', () => {
    expect(parseServiceSelector({})).toBeUndefined();
    expect(parseServiceSelector({ selector: {} })).toBeUndefined();
    expect(parseServiceSelector({ selector: { a: '1' } })?.labels).toEqual([['a', '1']]);
  });
});
