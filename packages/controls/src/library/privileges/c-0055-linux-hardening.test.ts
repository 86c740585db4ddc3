import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { linuxHardening } from './c-0055-linux-hardening.ts';

const profile = (type: string) => ({ securityContext: { seccompProfile: { type } } });

describe('C-0055 Linux hardening', () => {
  it('fails a container without a profile of its own or of its pod', () => {
    expect(pathsOf(findingsOn(linuxHardening, pod()), 'fix')).toEqual([
      'spec.containers[0].securityContext.seccompProfile.type',
    ]);
  });

  it('fails a profile that restricts nothing, where it stands', () => {
    const findings = findingsOn(linuxHardening, pod({ spec: profile('Unconfined') }));
    expect(findings[0]).toMatchObject({ found: 'seccompProfile.type: Unconfined' });
    expect(pathsOf(findings, 'failed')).toEqual(['spec.securityContext.seccompProfile.type']);
  });

  it('passes a profile on either level; that of the container counts', () => {
    expect(findingsOn(linuxHardening, pod({ spec: profile('RuntimeDefault') }))).toEqual([]);
    const both = pod({ spec: profile('Unconfined'), container: profile('Localhost') });
    expect(findingsOn(linuxHardening, both)).toEqual([]);
  });
});
