import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { packText } from './packed-text.ts';

it.each(['', '{}', JSON.stringify({ note: 'ä€😀 '.repeat(200) })])(
  'packed text is the same when it is read',
  (text) => {
    expect(packText(text).read()).toBe(text);
  },
);

/** Bytes in buffers that are still in use. */
function bufferBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().arrayBuffers;
}

it('takes less memory than the text, and no buffer each', () => {
  const before = bufferBytes();
  const texts = Array.from({ length: 2000 }, (_, n) => packText(`{"n":${n},"spec":"${'container '.repeat(300)}"}`));
  // 16 KiB each would be 32 MiB.
  expect(bufferBytes() - before).toBeLessThan(4 * 1024 * 1024);
  expect(texts[1999]?.read()).toContain('"n":1999');
});
