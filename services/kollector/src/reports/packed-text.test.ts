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

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes in buffers that are in use, or were and are not swept yet: that happens in a thread of its own. */
function bufferBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

it('takes less memory than the text, and no buffer each', async () => {
  const before = bufferBytes();
  const texts = Array.from({ length: 2000 }, (_, n) => packText(`{"n":${n},"spec":"${'container '.repeat(300)}"}`));
  // 16 KiB each would be 32 MiB.
  await expect.poll(() => bufferBytes() - before, { timeout: 10_000 }).toBeLessThan(4 * 1024 * 1024);
  expect(texts[1999]?.read()).toContain('"n":1999');
});
