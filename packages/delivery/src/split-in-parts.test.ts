import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitInParts } from './split-in-parts.ts';

const sizeOf = (part: unknown) => Buffer.byteLength(JSON.stringify(part));

describe('splitInParts', () => {
  it('B28 splits 12,000 findings of 4 KiB at 1 MiB into at least 47 parts, each under the limit, nothing lost', () => {
    const limit = 1024 * 1024;
    const findings = Array.from({ length: 12_000 }, (_, id) => ({ id, description: 'd'.repeat(4096) }));
    const parts = splitInParts(findings, limit);
    expect(parts.length).toBeGreaterThanOrEqual(47);
    expect(parts.every((part) => sizeOf(part) <= limit)).toBe(true);
    expect(parts.flat()).toEqual(findings);
  });

  it('B28 gives an item over the limit a part of its own, uncut and in its place', () => {
    const large = 'x'.repeat(100);
    expect(splitInParts(['a', 'b', large, 'c', 'd'], 50)).toEqual([['a', 'b'], [large], ['c', 'd']]);
  });

  it('fills a part up to the limit exactly', () => {
    expect(splitInParts(['ab', 'cd'], sizeOf(['ab', 'cd']))).toEqual([['ab', 'cd']]);
    expect(splitInParts(['ab', 'cd'], sizeOf(['ab', 'cd']) - 1)).toEqual([['ab'], ['cd']]);
    expect(splitInParts([], 10)).toEqual([]);
  });

  it('concatenates to its input, keeps to the limit and never leaves room for the next item', () => {
    const items = fc.array(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.jsonValue({ maxDepth: 2 })));
    fc.assert(
      fc.property(items, fc.integer({ min: 1, max: 200 }), (list, limit) => {
        const parts = splitInParts(list, limit);
        expect(parts.flat()).toEqual(list);
        for (const [index, part] of parts.entries()) {
          expect(part.length === 1 || sizeOf(part) <= limit).toBe(true);
          const [next] = parts[index + 1] ?? [];
          expect(next === undefined || sizeOf([...part, next]) > limit).toBe(true);
        }
      }),
    );
  });

  it('takes the sizes from a caller that knows them', () => {
    expect(splitInParts([1, 2, 3], 12, () => 5)).toEqual([[1], [2], [3]]);
    expect(splitInParts([1, 2, 3], 13, () => 5)).toEqual([[1, 2], [3]]);
  });
});
