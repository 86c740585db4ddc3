import { deployment, pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { containersOf, findingsOn } from '../../testing/judge.ts';
import { cpuLimit } from './c-0270-cpu-limit.ts';

const limited = { resources: { limits: { cpu: '500m' } } };

describe('C-0270 cpu limit', () => {
  it('fails a container without one', () => {
    const [finding] = findingsOn(cpuLimit, deployment({ container: { resources: { requests: { cpu: '500m' } } } }));
    expect(finding?.message).toBe('The container "app" has no cpu limit.');
    expect(finding?.paths).toEqual([
      { type: 'fix', path: 'spec.template.spec.containers[0].resources.limits.cpu', value: 'YOUR_VALUE' },
    ]);
  });

  it('B04 calls a malformed limit invalid instead of letting it pass', () => {
    const [finding] = findingsOn(cpuLimit, pod({ container: { resources: { limits: { cpu: '1 lot' } } } }));
    expect(finding).toMatchObject({ found: '1 lot', message: expect.stringContaining('no valid quantity') });
  });

  it.each([0, '0', '0m'])('fails a limit of %j, which Kubernetes takes for none', (cpu) => {
    const [finding] = findingsOn(cpuLimit, pod({ container: { resources: { limits: { cpu } } } }));
    expect(finding).toMatchObject({ found: String(cpu), message: expect.stringContaining('no limit at all') });
  });

  it('B07 looks at init containers; ephemeral ones cannot have limits', () => {
    const spec = { initContainers: [{ name: 'setup' }], ephemeralContainers: [{ name: 'debug' }] };
    expect(containersOf(findingsOn(cpuLimit, pod({ container: limited, spec })))).toEqual(['initContainers/setup']);
  });

  it('passes containers with one, also as a bare number', () => {
    expect(findingsOn(cpuLimit, pod({ container: limited }))).toEqual([]);
    expect(findingsOn(cpuLimit, pod({ container: { resources: { limits: { cpu: 2 } } } }))).toEqual([]);
  });
});
