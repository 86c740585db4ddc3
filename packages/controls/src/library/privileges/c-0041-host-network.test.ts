import { daemonSet, pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { hostNetwork } from './c-0041-host-network.ts';

describe('C-0041 host network', () => {
  it('fails pods on the network of their node', () => {
    const findings = findingsOn(hostNetwork, daemonSet({ spec: { hostNetwork: true } }));
    expect(pathsOf(findings, 'failed')).toEqual(['spec.template.spec.hostNetwork']);
    expect(findings[0]).toMatchObject({ found: 'hostNetwork: true' });
  });

  it('passes pods on a network of their own', () => {
    expect(findingsOn(hostNetwork, pod({ spec: { hostNetwork: false, hostPID: true } }))).toEqual([]);
  });
});
