import { expect, it } from 'vitest';
import { watchForStuck } from './stuck.ts';

function screen() {
  const notes: string[] = [];
  return {
    notes,
    progress: { step: () => undefined, clear: () => undefined, note: (text: string) => notes.push(text) },
  };
}

it('says once that nothing can go on, and that it does again', async () => {
  const { notes, progress } = screen();
  let reason: string | undefined = 'the disk is full';
  const watch = watchForStuck({ stuck: () => reason, progress, lookEveryMs: 1 });
  await expect.poll(() => notes).toEqual(['Nothing can go on: the disk is full']);
  reason = undefined;
  await expect.poll(() => notes).toEqual(['Nothing can go on: the disk is full', 'It goes on.']);
  watch.stop();
  expect(watch.signal.aborted).toBe(false);
});

it('gives up after a while, with the reason', async () => {
  const { progress } = screen();
  const watch = watchForStuck({ stuck: () => 'the disk is full', progress, giveUpAfterMs: 20, lookEveryMs: 1 });
  await expect.poll(() => watch.signal.aborted).toBe(true);
  watch.stop();
  expect(watch.signal.reason).toMatchObject({
    code: 'SCAN_FAILED',
    message: 'the scan has no result: the disk is full',
  });
});
