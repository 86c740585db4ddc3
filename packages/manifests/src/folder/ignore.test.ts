import { expect, it } from 'vitest';
import { parseIgnoreRules } from './ignore.ts';

it('lets a line that is no pattern fit nothing, and goes on with the others', () => {
  const rules = parseIgnoreRules('[z-a].yaml\nout/\n');
  expect([rules.ignores('z.yaml', false), rules.ignores('out', true)]).toEqual([false, true]);
});
