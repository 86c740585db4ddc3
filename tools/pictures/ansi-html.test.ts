import { expect, test } from 'vitest';
import { ansiToHtml } from './ansi-html.ts';

test('colours become spans and end where they end', () => {
  expect(ansiToHtml('\u001b[1;31mHigh\u001b[39m x\u001b[0m y')).toBe(
    '<span style="color:#ff7b72;font-weight:600">High</span><span style="font-weight:600"> x</span> y',
  );
});

test('markup in the text stays text', () => {
  expect(ansiToHtml('<b>&')).toBe('&lt;b>&amp;');
});
