import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { containersOf, findingsOn, pathsOf } from '../../testing/judge.ts';
import { memoryLimitAndRequest } from './c-0004-memory-limit-and-request.ts';

const memory = (limits: unknown, requests: unknown = limits) => ({
  resources: { limits: { memory: limits }, requests: { memory: requests } },
});

describe('C-0004 memory limit and request', () => {
  it('fails a container that lacks either', () => {
    expect(pathsOf(findingsOn(memoryLimitAndRequest, pod({ container: memory(undefined, '64Mi') })), 'fix')).toEqual([
      'spec.containers[0].resources.limits.memory',
    ]);
    expect(pathsOf(findingsOn(memoryLimitAndRequest, pod({ container: memory('64Mi', null) })), 'fix')).toEqual([
      'spec.containers[0].resources.requests.memory',
    ]);
  });

  it('B04 compares limits with their bounds as quantities, whatever their units', () => {
    const containers = [
      { name: 'above', ...memory('1G') },
      { name: 'equal', ...memory('536870912000m') },
      { name: 'below', ...memory('129e6') },
    ];
    const scene = { inputs: { memory_limit_max: ['512Mi'] } };
    const findings = findingsOn(memoryLimitAndRequest, pod({ spec: { containers } }), scene);
    expect(containersOf(findings)).toEqual(['containers/above']);
    expect(findings[0]).toMatchObject({ found: '1G', wanted: 'at most 512Mi' });
  });

  it('B04 reports a malformed quantity as invalid', () => {
    expect(findingsOn(memoryLimitAndRequest, pod({ container: memory('lots', '64Mi') }))).toMatchObject([
      { found: 'lots' },
    ]);
  });

  it('fails a request below the minimum', () => {
    const scene = { inputs: { memory_request_min: ['128Mi'] } };
    expect(findingsOn(memoryLimitAndRequest, pod({ container: memory('1Gi', '64Mi') }), scene)).toMatchObject([
      { found: '64Mi', wanted: 'at least 128Mi' },
    ]);
  });

  it('passes with both and no bounds', () => {
    expect(findingsOn(memoryLimitAndRequest, pod({ container: memory('1Gi', '64Mi') }))).toEqual([]);
  });
});
