import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileExpression } from './expression.ts';

function matches(pattern: string, text: string, ignoreCase = false): boolean {
  const compiled = compileExpression(pattern, { ignoreCase });
  if (!compiled.ok) throw new Error(`${pattern}: ${compiled.problem}`);
  return compiled.expression.matches(text);
}

describe('an untrusted expression', () => {
  it.each([
    ['web', 'web', true],
    ['web', 'web-1', false],
    ['web-.*', 'web-1', true],
    ['.*', '', true],
    ['', 'x', false],
    ['a|b', 'b', true],
    ['(a|b)+c?', 'abbac', true],
    ['kube-(proxy|dns)', 'kube-proxy', true],
    ['kube-(proxy|dns)', 'kube-apiserver', false],
    ['^web$', 'web', true],
    ['\\Aweb\\z', 'web', true],
    ['(?i)WEB', 'web', true],
    ['(?i:W)eb', 'web', true],
    ['(?i:W)eb', 'wEb', false],
    ['(?P<name>x)y', 'xy', true],
    ['[a-c]{2,3}', 'abc', true],
    ['[a-c]{2,3}', 'a', false],
    ['[^-]+', 'a-b', false],
    ['[]a]+', ']a', true],
    ['[[:digit:]]+', '123', true],
    ['[[:^digit:]]+', '123', false],
    ['\\d{3}\\.x', '123.x', true],
    ['\\W', 'a', false],
    ['a{,2}', 'a{,2}', true],
    ['\\Qa.b\\E+', 'a.bb', true],
    ['\\bweb\\b.*', 'web shop', true],
    ['.', '\n', false],
    ['(?s).', '\n', true],
    ['.', '😀', true],
    ['\\x41\\x{42}', 'AB', true],
    ['(|a)+', 'aaa', true],
    ['()*', '', true],
  ])('%s and %j: %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it('takes letters without case when asked to', () => {
    expect(matches('nsa|MITRE', 'Mitre', true)).toBe(true);
    expect(matches('c-0057', 'C-0057', true)).toBe(true);
  });

  it.each([
    '(',
    'a)',
    '[a',
    '*',
    'a**',
    '(?=a)',
    '(?<!a)',
    '\\1',
    '\\',
    'a{1001}',
    'a{3,2}',
    '[b-a]',
    '\\p{L}',
    '(?m)a',
  ])('refuses %s', (pattern) => {
    expect(compileExpression(pattern)).toMatchObject({ ok: false, problem: expect.stringMatching(/./) as unknown });
  });

  it('refuses what would be too much work', () => {
    expect(compileExpression('(a{1000}){1000}')).toEqual({ ok: false, problem: 'it is too large' });
    expect(compileExpression('('.repeat(500) + ')'.repeat(500)).ok).toBe(false);
    expect(compileExpression('x'.repeat(1001)).ok).toBe(false);
  });

  it('is not brought to a halt by nested repetitions', () => {
    // With backtracking, the first takes longer than the universe has existed.
    for (const pattern of ['(a+)+b', '(a|a)*b', '(.*)*x', '(a?){200}a{200}b']) {
      expect(matches(pattern, 'a'.repeat(4000))).toBe(false);
    }
  });

  it('agrees with expressions of the language where both know the syntax', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '(a|b)', '(ab)', '\\w', '(a*b)');
    const quantifier = fc.constantFrom('', '*', '+', '?', '{2}', '{1,2}');
    const pattern = fc.array(
      fc.tuple(atom, quantifier).map((parts) => parts.join('')),
      { maxLength: 4 },
    );
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (parts, subject) => {
        const written = parts.join('');
        expect(matches(written, subject)).toBe(new RegExp(`^(?:${written})$`).test(subject));
      }),
      { numRuns: 2000 },
    );
  });
});
