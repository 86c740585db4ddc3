import { Writable } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import type { Output } from '../host.ts';
import { createProgress } from './progress.ts';

function output(isTTY: boolean): { readonly stream: Output; readonly text: () => string } {
  let written = '';
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      written += String(chunk);
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 20 }), text: () => written };
}

afterEach(() => {
  vi.useRealTimers();
});

test('without a terminal a long run shows a step every few seconds', () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const { stream, text } = output(false);
  const progress = createProgress(stream, {});
  for (let object = 0; object < 120; object += 1) {
    progress.step(`reading: ${object}`);
    vi.advanceTimersByTime(100);
  }
  expect(text()).toBe('reading: 50\nreading: 100\n');
});

test('without a terminal only what is worth keeping is written', () => {
  const { stream, text } = output(false);
  const progress = createProgress(stream, {});
  progress.step('scanning: 1 of 2');
  progress.note('Page: http://x\u001b[2J');
  progress.clear();
  expect(text()).toBe('Page: http://x\n');
});

test('in CI a terminal is none', () => {
  const { stream, text } = output(true);
  createProgress(stream, { CI: 'true' }).step('scanning');
  expect(text()).toBe('');
});

test('a terminal shows one line that changes, cut to its width, and gives it up', () => {
  const { stream, text } = output(true);
  const progress = createProgress(stream, {});
  progress.step(`reading ${'x'.repeat(40)}`);
  progress.note('found');
  progress.clear();
  const [step, note, redrawn, cleared] = text().split('\r\u001b[2K').slice(1);
  expect(step).toBe(`reading ${'x'.repeat(11)}`);
  expect(note).toBe('found\n');
  expect(redrawn).toBe(step);
  expect(cleared).toBe('');
});
