import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGlob } from './glob.ts';
import { parseIgnoreRules } from './ignore.ts';

it('lets a line that is no pattern fit nothing, and goes on with the others', () => {
  const rules = parseIgnoreRules('[z-a].yaml\nout/\n');
  expect([rules.ignores('z.yaml', false), rules.ignores('out', true)]).toEqual([false, true]);
});

describe('a line of an ignore file', () => {
  it.each([
    ['*.yaml', 'a.yaml', 'x/a.yaml', true],
    ['*.yaml', 'a.yml', 'x.yaml/b', false],
    ['/a/*.yaml', 'a/b.yaml', 'a/b.yaml', true],
    ['/a/*.yaml', 'x/a/b.yaml', 'a/b/c.yaml', false],
    ['a/**', 'a/b', 'a/b/c', true],
    ['**/a', 'a', 'x/y/a', true],
    ['a/**/b', 'a/b', 'a/x/y/b', true],
    ['a/**/b', 'a/xb', 'axb', false],
    ['a**b', 'axb', 'ab', true],
    ['?.yaml', 'ab.yaml', '/.yaml', false],
    ['[a-c].yaml', 'b.yaml', 'x/c.yaml', true],
    ['[!a-c].yaml', 'd.yaml', 'x/d.yaml', true],
    ['[^a].yaml', 'a.yaml', 'x/a.yaml', false],
    ['\\*.yaml', '*.yaml', 'x/*.yaml', true],
    ['[open', '[open', 'x/[open', true],
    ['a+b(c).yaml', 'a+b(c).yaml', 'x/a+b(c).yaml', true],
  ])('%s: %s and %s → %s', (line, one, other, expected) => {
    const rules = parseIgnoreRules(line);
    expect([rules.ignores(one, false), rules.ignores(other, false)]).toEqual([expected, expected]);
  });

  it('is quick whatever it says', () => {
    const glob = parseGlob(`${'*a'.repeat(2_000)}b`, false);
    // By trying one way after the other this takes longer than the universe has been there.
    expect(glob?.('a'.repeat(4_000))).toBe(false);
  });

  it('is matched as a search of all its ways would match it', () => {
    const letter = fc.constantFrom('a', 'b', '/');
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '/'), maxLength: 6 });
    fc.assert(
      fc.property(pattern, fc.string({ unit: letter, maxLength: 7 }), (text, name) => {
        fc.pre(!text.includes('**'));
        const source = text.replaceAll('*', '[^/]*').replaceAll('?', '[^/]');
        expect(parseGlob(text, true)?.(name)).toBe(new RegExp(`^${source}$`).test(name));
      }),
    );
  });
});
