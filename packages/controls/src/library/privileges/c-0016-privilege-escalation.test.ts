import { deployment, pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { containersOf, findingsOn, verdictOn } from '../../testing/judge.ts';
import { privilegeEscalation } from './c-0016-privilege-escalation.ts';

const good = { securityContext: { allowPrivilegeEscalation: false } };

describe('C-0016 privilege escalation', () => {
  it('fails a container that does not set the field, and one that sets it wrongly', () => {
    const path = 'spec.containers[0].securityContext.allowPrivilegeEscalation';
    expect(findingsOn(privilegeEscalation, pod())[0]?.paths).toEqual([{ type: 'fix', path, value: 'false' }]);
    const [finding] = findingsOn(
      privilegeEscalation,
      pod({ container: { securityContext: { allowPrivilegeEscalation: true } } }),
    );
    expect(finding).toMatchObject({
      found: 'allowPrivilegeEscalation: true',
      wanted: 'allowPrivilegeEscalation: false',
    });
    expect(finding?.paths).toEqual([
      { type: 'failed', path },
      { type: 'fix', path, value: 'false' },
    ]);
  });

  it('B07 looks at every list of containers', () => {
    const findings = findingsOn(
      privilegeEscalation,
      deployment({
        container: good,
        spec: { initContainers: [{ name: 'setup' }], ephemeralContainers: [{ name: 'debug' }] },
      }),
    );
    expect(containersOf(findings)).toEqual(['initContainers/setup', 'ephemeralContainers/debug']);
  });

  it('passes when every container sets it', () => {
    expect(findingsOn(privilegeEscalation, deployment({ container: good }))).toEqual([]);
  });

  it('B25 says nothing about Windows pods', () => {
    expect(verdictOn(privilegeEscalation, pod({ spec: { os: { name: 'windows' } } }))).toMatchObject({
      status: 'passed',
      irrelevant: expect.any(String),
    });
  });
});
