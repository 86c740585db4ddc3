import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { containersOf, findingsOn, pathsOf, verdictOn } from '../../testing/judge.ts';
import { insecureCapabilities } from './c-0046-insecure-capabilities.ts';

const adds = (...add: unknown[]) => ({ securityContext: { capabilities: { add } } });

describe('C-0046 insecure capabilities', () => {
  it('fails a container that adds some, and names them', () => {
    const findings = findingsOn(insecureCapabilities, pod({ container: adds('CHOWN', 'NET_ADMIN', 'SYS_ADMIN') }));
    expect(findings).toMatchObject([{ found: 'NET_ADMIN, SYS_ADMIN' }]);
    expect(pathsOf(findings, 'delete')).toEqual(
      [1, 2].map((index) => `spec.containers[0].securityContext.capabilities.add[${index}]`),
    );
  });

  it('knows a capability in every spelling that runtimes accept', () => {
    expect(findingsOn(insecureCapabilities, pod({ container: adds('cap_net_raw') }))).toHaveLength(1);
  });

  it('B07 looks at every list of containers', () => {
    const spec = {
      initContainers: [{ name: 'setup', ...adds('ALL') }],
      ephemeralContainers: [{ name: 'debug', ...adds('SYS_PTRACE') }],
    };
    expect(containersOf(findingsOn(insecureCapabilities, pod({ spec })))).toEqual([
      'initContainers/setup',
      'ephemeralContainers/debug',
    ]);
  });

  it('passes harmless ones, dropped ones, and what is no list of names', () => {
    for (const container of [
      adds('CHOWN'),
      { securityContext: { capabilities: { drop: ['ALL'] } } },
      adds(7, null),
      {},
    ])
      expect(findingsOn(insecureCapabilities, pod({ container }))).toEqual([]);
  });

  it('follows the configured list', () => {
    const scene = { inputs: { insecureCapabilities: ['CHOWN'] } };
    expect(findingsOn(insecureCapabilities, pod({ container: adds('NET_ADMIN') }), scene)).toEqual([]);
    expect(findingsOn(insecureCapabilities, pod({ container: adds('CHOWN') }), scene)).toHaveLength(1);
  });

  it('B25 says nothing about Windows pods', () => {
    const windows = pod({ container: adds('ALL'), spec: { os: { name: 'windows' } } });
    expect(verdictOn(insecureCapabilities, windows)).toMatchObject({ status: 'passed' });
  });
});
