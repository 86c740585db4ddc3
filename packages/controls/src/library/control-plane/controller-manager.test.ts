import { describe, expect, it } from 'vitest';
import { controllerManagerControls } from './controller-manager.ts';
import { flagCases } from './testing/flag-cases.ts';

/** Flags that fail, and flags that pass, control by control. */
const cases: Readonly<Record<string, { readonly fails: readonly string[]; readonly passes: readonly string[] }>> = {
  'C-0144': { fails: ['', '--terminated-pod-gc-threshold=0'], passes: ['--terminated-pod-gc-threshold=10'] },
  'C-0145': { fails: ['', '--profiling=true'], passes: ['--profiling=false'] },
  'C-0146': {
    fails: ['', '--use-service-account-credentials=false'],
    passes: ['--use-service-account-credentials=true', '--use-service-account-credentials'],
  },
  'C-0147': { fails: [''], passes: ['--service-account-private-key-file=/k'] },
  'C-0148': { fails: [''], passes: ['--root-ca-file=/ca'] },
  'C-0149': {
    fails: ['--feature-gates=A=true,RotateKubeletServerCertificate=false'],
    passes: ['', '--feature-gates=RotateKubeletServerCertificate=true'],
  },
  'C-0150': { fails: ['', '--bind-address=0.0.0.0'], passes: ['--bind-address=127.0.0.1', '--bind-address=::1'] },
};

describe('controls over the flags of controller manager', () => {
  it('have cases each', () => {
    expect(Object.keys(cases)).toEqual(controllerManagerControls.map(({ id }) => id));
  });

  it.each(flagCases('kube-controller-manager', controllerManagerControls, cases))(
    '$id $verdict with [$flags]',
    ({ verdict, run }) => {
      expect(run()).toBe(verdict);
    },
  );
});
