import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { containersOf, findingsOn, pathsOf } from '../../testing/judge.ts';
import { hostPort } from './c-0044-host-port.ts';

const ports = (...list: object[]) => ({ ports: list });

describe('C-0044 host port', () => {
  it('fails each port on the node', () => {
    const findings = findingsOn(
      hostPort,
      pod({ container: ports({ containerPort: 80 }, { containerPort: 81, hostPort: 8081 }) }),
    );
    expect(findings).toMatchObject([{ message: 'The container "app" opens port 8081 on its node.' }]);
    expect(pathsOf(findings, 'delete')).toEqual(['spec.containers[0].ports[1].hostPort']);
  });

  it('B07 looks at init containers', () => {
    const spec = { initContainers: [{ name: 'i', ...ports({ hostPort: 1 }) }] };
    expect(containersOf(findingsOn(hostPort, pod({ spec })))).toEqual(['initContainers/i']);
  });

  it('passes ports of the pod', () => {
    expect(findingsOn(hostPort, pod({ container: ports({ containerPort: 80, hostPort: 0 }) }))).toEqual([]);
  });
});
