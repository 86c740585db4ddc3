import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GrowingText } from './growing-text.ts';

describe('GrowingText', () => {
  it('is the UTF-8 of everything that was appended, whatever it was made for', () => {
    const pieces = fc.array(fc.string({ unit: 'grapheme', maxLength: 50 }));
    fc.assert(
      fc.property(pieces, fc.nat({ max: 100 }), (texts, bytes) => {
        const text = new GrowingText(bytes);
        for (const piece of texts) text.append(piece);
        expect(Buffer.from(text.bytes()).toString()).toBe(texts.join('').toWellFormed());
        expect(text.bytes().byteOffset).toBe(0);
      }),
    );
  });
});
