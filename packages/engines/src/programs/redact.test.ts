import { describe, expect, it } from 'vitest';
import { redact } from './redact.ts';

describe('redact', () => {
  it.each([
    [
      'Get "https://robot:p4ss@registry.example.com/v2/": EOF',
      'Get "https://[redacted]@registry.example.com/v2/": EOF',
    ],
    ['Authorization: Basic cm9ib3Q6cGE6c3M=', 'Authorization: [redacted]'],
    ['{"password":"x y","user":"a"}', '{"password":"[redacted] y","user":"a"}'],
    ['\u001B[31mred\u001B[0m', 'red'],
    ['manifest unknown', 'manifest unknown'],
  ])('%s', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it('takes known secrets out wherever they stand, the longest first', () => {
    expect(redact('a$b&c and a$b', ['a$b', 'a$b&c', ''])).toBe('[redacted] and [redacted]');
  });
});
