import { describe, expect, it } from 'vitest';
import { schedulerControls } from './scheduler.ts';
import { flagCases } from './testing/flag-cases.ts';

/** Flags that fail, and flags that pass, control by control. */
const cases: Readonly<Record<string, { readonly fails: readonly string[]; readonly passes: readonly string[] }>> = {
  'C-0151': { fails: ['', '--profiling=true'], passes: ['--profiling=false'] },
  'C-0152': { fails: ['', '--bind-address=0.0.0.0'], passes: ['--bind-address=127.0.0.1'] },
};

describe('controls over the flags of scheduler', () => {
  it('have cases each', () => {
    expect(Object.keys(cases)).toEqual(schedulerControls.map(({ id }) => id));
  });

  it.each(flagCases('kube-scheduler', schedulerControls, cases))('$id $verdict with [$flags]', ({ verdict, run }) => {
    expect(run()).toBe(verdict);
  });
});
