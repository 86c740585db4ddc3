import { deployment, pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { containersOf, findingsOn, pathsOf } from '../../testing/judge.ts';
import { privilegedContainer } from './c-0057-privileged-container.ts';

const privileged = { securityContext: { privileged: true } };

describe('C-0057 privileged container', () => {
  it('fails a privileged container', () => {
    const findings = findingsOn(privilegedContainer, deployment({ container: privileged }));
    expect(findings).toMatchObject([{ message: 'The container "app" is privileged.', found: 'privileged: true' }]);
    expect(pathsOf(findings, 'failed')).toEqual(['spec.template.spec.containers[0].securityContext.privileged']);
  });

  it('B07 finds privileged init and ephemeral containers, and none for the ordinary one', () => {
    const spec = {
      initContainers: [{ name: 'setup', restartPolicy: 'Always', ...privileged }],
      ephemeralContainers: [{ name: 'dbg', ...privileged }],
    };
    expect(containersOf(findingsOn(privilegedContainer, pod({ spec })))).toEqual([
      'initContainers/setup',
      'ephemeralContainers/dbg',
    ]);
  });

  it.each(['SYS_ADMIN', 'CAP_SYS_ADMIN', 'ALL'])('fails a container with the capability %s', (capability) => {
    const container = { securityContext: { privileged: false, capabilities: { add: ['CHOWN', capability] } } };
    expect(pathsOf(findingsOn(privilegedContainer, pod({ container })), 'delete')).toEqual([
      'spec.containers[0].securityContext.capabilities.add[1]',
    ]);
  });

  it('passes containers that are not', () => {
    for (const container of [{}, { securityContext: { privileged: false } }, { securityContext: 'privileged' }])
      expect(findingsOn(privilegedContainer, pod({ container }))).toEqual([]);
  });
});
