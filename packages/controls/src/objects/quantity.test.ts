import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuantity } from './quantity.ts';

const milli = (value: unknown): bigint | undefined => {
  const parsed = parseQuantity(value);
  return parsed.ok ? parsed.milli : undefined;
};

describe('B04 parseQuantity', () => {
  it.each<[unknown, bigint]>([
    ['128974848', 128_974_848_000n],
    ['129e6', 129_000_000_000n],
    ['129M', 129_000_000_000n],
    ['123Mi', 128_974_848_000n],
    ['128974848000m', 128_974_848_000n],
    ['0.5', 500n],
    ['500m', 500n],
    ['.5', 500n],
    ['5.', 5000n],
    ['1.5Gi', 1_610_612_736_000n],
    ['-2', -2000n],
    ['+2k', 2_000_000n],
    ['1E', 10n ** 21n],
    ['1E3', 1_000_000n],
    ['1Ei', 1024n ** 6n * 1000n],
    ['100n', 1n],
    [2, 2000n],
    [0.25, 250n],
  ])('reads %s', (text, expected) => {
    expect(milli(text)).toBe(expected);
  });

  it.each([
    '',
    'lots',
    '1 Gi',
    '1gi',
    '1KB',
    'e3',
    '.',
    '--1',
    '1e999',
    '9'.repeat(100),
    true,
    null,
    undefined,
    {},
    [],
  ])('calls %j invalid', (value) => {
    expect(parseQuantity(value).ok).toBe(false);
  });

  it('gives the same number whatever the unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (bytes) => {
        expect(milli(`${bytes}Ki`)).toBe(milli(bytes * 1024));
        expect(milli(`${bytes}000m`)).toBe(milli(bytes));
        expect(milli(`${bytes}k`)).toBe(milli(`${bytes}e3`));
      }),
    );
  });

  it('never throws', () => {
    const answers = fc.property(fc.anything(), (value) => typeof parseQuantity(value).ok === 'boolean');
    expect(() => fc.assert(answers)).not.toThrow();
  });
});
