import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { resourceLimits } from './c-0009-limits.ts';
import { cpuRequest, memoryRequest } from './requests.ts';

const withResources = (resources: unknown) => pod({ container: { resources } });

describe.each([
  [cpuRequest, 'cpu', '100m'],
  [memoryRequest, 'memory', '64Mi'],
] as const)('$id requests of %s', (control, resource, value) => {
  it('fails a container without one, or with what is no quantity', () => {
    for (const requests of [undefined, {}, { [resource]: null }, { [resource]: 'much' }, { [resource]: {} }])
      expect(pathsOf(findingsOn(control, withResources({ limits: { [resource]: value }, requests })), 'fix')).toEqual([
        `spec.containers[0].resources.requests.${resource}`,
      ]);
  });

  it('passes a container with one, and ephemeral containers, which cannot have one', () => {
    const requests = { [resource]: value };
    const spec = { ephemeralContainers: [{ name: 'debug' }] };
    expect(findingsOn(control, pod({ spec, container: { resources: { requests } } }))).toEqual([]);
  });
});

describe('C-0009 limits', () => {
  it('fails what has not both', () => {
    expect(findingsOn(resourceLimits, withResources({}))).toHaveLength(2);
    expect(pathsOf(findingsOn(resourceLimits, withResources({ limits: { cpu: 1 } })), 'fix')).toEqual([
      'spec.containers[0].resources.limits.memory',
    ]);
  });

  it('passes both', () => {
    expect(findingsOn(resourceLimits, withResources({ limits: { cpu: '1', memory: '1Gi' } }))).toEqual([]);
  });
});
