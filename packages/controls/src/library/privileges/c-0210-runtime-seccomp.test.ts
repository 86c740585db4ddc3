import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf, verdictOn } from '../../testing/judge.ts';
import { runtimeSeccomp } from './c-0210-runtime-seccomp.ts';

const profile = (type: unknown) => ({ securityContext: { seccompProfile: { type } } });

describe('C-0210 seccomp profile of the runtime', () => {
  it('fails another or none', () => {
    for (const spec of [{}, profile('Unconfined'), profile('Localhost'), profile(7)])
      expect(pathsOf(findingsOn(runtimeSeccomp, pod({ spec })), 'fix')).toHaveLength(1);
  });

  it('passes when set on the pod or on the container (B01)', () => {
    expect(findingsOn(runtimeSeccomp, pod({ spec: profile('RuntimeDefault') }))).toEqual([]);
    expect(findingsOn(runtimeSeccomp, pod({ container: profile('RuntimeDefault') }))).toEqual([]);
  });

  it('B25 says nothing about Windows pods', () => {
    expect(verdictOn(runtimeSeccomp, pod({ spec: { os: { name: 'windows' } } }))).toHaveProperty('irrelevant');
  });
});
