import { describe, expect, it } from 'vitest';
import { etcdControls } from './etcd.ts';
import { flagCases } from './testing/flag-cases.ts';

/** Flags that fail, and flags that pass, control by control. */
const cases: Readonly<Record<string, { readonly fails: readonly string[]; readonly passes: readonly string[] }>> = {
  'C-0153': { fails: ['', '--cert-file=/c'], passes: ['--cert-file=/c --key-file=/k'] },
  'C-0154': { fails: ['', '--client-cert-auth=false'], passes: ['--client-cert-auth=true'] },
  'C-0155': { fails: ['--auto-tls=true', '--auto-tls'], passes: ['', '--auto-tls=false'] },
  'C-0156': { fails: ['', '--peer-key-file=/k'], passes: ['--peer-cert-file=/c --peer-key-file=/k'] },
  'C-0157': { fails: ['', '--peer-client-cert-auth=false'], passes: ['--peer-client-cert-auth=true'] },
  'C-0158': { fails: ['--peer-auto-tls=true'], passes: ['', '--peer-auto-tls=false'] },
};

describe('controls over the flags of etcd', () => {
  it('have cases each', () => {
    expect(Object.keys(cases)).toEqual(etcdControls.map(({ id }) => id));
  });

  it.each(flagCases('etcd', etcdControls, cases))('$id $verdict with [$flags]', ({ verdict, run }) => {
    expect(run()).toBe(verdict);
  });
});
