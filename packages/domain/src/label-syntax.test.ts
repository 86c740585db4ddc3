import { expect, it } from 'vitest';
import { isLabelKey, isLabelValue } from './label-syntax.ts';

it.each(['app', 'a', 'app.kubernetes.io/name', 'example.com/A_b.c-d', 'x'.repeat(63), `${'a'.repeat(63)}.io/x`])(
  '%s is a key of a label',
  (key) => expect(isLabelKey(key)).toBe(true),
);

it.each([
  '',
  ' ',
  'a b',
  '-a',
  'a-',
  '/a',
  'a/',
  'a/b/c',
  'Example.com/a',
  '.io/a',
  'x'.repeat(64),
  `${'a.'.repeat(127)}/x`,
])('%s is none', (key) => expect(isLabelKey(key)).toBe(false));

it('a value may be empty, and has the characters of a name', () => {
  expect(['', 'v1.2_3-4', 'x'.repeat(63)].filter((value) => !isLabelValue(value))).toEqual([]);
  expect(['!!', 'a b', 'a=b', 'a,b', 'x'.repeat(64)].filter(isLabelValue)).toEqual([]);
});
