import { expect, it } from 'vitest';
import { isOlder } from './go.ts';

it.each([
  ['1.26.7', '1.26.8', true],
  ['1.26.8', '1.26.8', false],
  ['1.26.10', '1.26.8', false],
  ['1.27', '1.26.8', false],
  ['1.9.1', '1.26', true],
  ['1.27rc1', '1.26.8', false],
])('%s is before %s: %s', (a, b, older) => {
  expect(isOlder(a, b)).toBe(older);
});
