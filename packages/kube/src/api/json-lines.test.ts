import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineTooLong, lines } from './json-lines.ts';

async function* chunks(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const cut of [...cuts].toSorted((a, b) => a - b)) {
    const end = Math.min(cut, bytes.length);
    yield bytes.subarray(start, end);
    start = end;
  }
  yield bytes.subarray(start);
}

const collect = async (stream: AsyncIterable<Uint8Array>, limit = 1_000_000) => {
  const found: string[] = [];
  for await (const line of lines(stream, limit)) found.push(line);
  return found;
};

describe('lines of a stream', () => {
  it('are the same however the bytes are cut, also within a character', async () => {
    const text = fc.array(fc.string({ unit: 'grapheme' }).map((line) => `x${line.replaceAll(/[\n\r]/g, '')}`));
    const cuts = fc.array(fc.nat(200), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(text, cuts, async (expected, at) => {
        const bytes = new TextEncoder().encode(expected.map((line) => `${line}\n`).join(''));
        expect(await collect(chunks(bytes, at))).toEqual(expected);
      }),
    );
  });

  it('leave out a last line that was cut off, and empty ones', async () => {
    const bytes = new TextEncoder().encode('{"a":1}\n\n{"b":2}\n{"c":');
    expect(await collect(chunks(bytes, [3, 9, 10]))).toEqual(['{"a":1}', '{"b":2}']);
  });

  it('end with an error when one is too long, before it is complete', async () => {
    const endless = async function* () {
      for (;;) yield new TextEncoder().encode('aaaaaaaaaa');
    };
    await expect(collect(endless(), 100)).rejects.toBeInstanceOf(LineTooLong);
    await expect(collect(chunks(new TextEncoder().encode(`${'a'.repeat(101)}\n`), []), 100)).rejects.toThrow('100');
    expect(await collect(chunks(new TextEncoder().encode(`${'a'.repeat(100)}\n`), []), 100)).toHaveLength(1);
  });
});
