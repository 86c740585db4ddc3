import { deployment, pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { containersOf, findingsOn } from '../../testing/judge.ts';
import { memoryLimit } from './c-0271-memory-limit.ts';

const limited = { resources: { limits: { memory: '128Mi' } } };

describe('C-0271 memory limit', () => {
  it('fails a container without one', () => {
    const [finding] = findingsOn(
      memoryLimit,
      deployment({ container: { resources: { requests: { memory: '128Mi' } } } }),
    );
    expect(finding?.message).toBe('The container "app" has no memory limit.');
    expect(finding?.paths).toEqual([
      { type: 'fix', path: 'spec.template.spec.containers[0].resources.limits.memory', value: 'YOUR_VALUE' },
    ]);
  });

  it('B04 calls a malformed limit invalid instead of letting it pass', () => {
    const [finding] = findingsOn(memoryLimit, pod({ container: { resources: { limits: { memory: '1 lot' } } } }));
    expect(finding).toMatchObject({ found: '1 lot', message: expect.stringContaining('no valid quantity') });
  });

  it('B07 looks at init containers; ephemeral ones cannot have limits', () => {
    const spec = { initContainers: [{ name: 'setup' }], ephemeralContainers: [{ name: 'debug' }] };
    expect(containersOf(findingsOn(memoryLimit, pod({ container: limited, spec })))).toEqual(['initContainers/setup']);
  });

  it('passes containers with one, also as a bare number', () => {
    expect(findingsOn(memoryLimit, pod({ container: limited }))).toEqual([]);
    expect(findingsOn(memoryLimit, pod({ container: { resources: { limits: { memory: 2 } } } }))).toEqual([]);
  });
});
