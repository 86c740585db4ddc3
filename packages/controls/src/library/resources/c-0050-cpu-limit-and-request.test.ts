import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { containersOf, findingsOn } from '../../testing/judge.ts';
import { cpuLimitAndRequest } from './c-0050-cpu-limit-and-request.ts';

const cpu = (value: unknown) => ({ resources: { limits: { cpu: value }, requests: { cpu: value } } });

describe('C-0050 CPU limit and request', () => {
  it('fails a container without them', () => {
    expect(findingsOn(cpuLimitAndRequest, pod()).map(({ message }) => message)).toEqual([
      'The container "app" has no cpu limit.',
      'The container "app" has no cpu request.',
    ]);
  });

  it('B04 compares millicores with cores', () => {
    const containers = [
      { name: 'a', ...cpu('1500m') },
      { name: 'b', ...cpu('0.9') },
      { name: 'c', ...cpu(1) },
    ];
    const findings = findingsOn(cpuLimitAndRequest, pod({ spec: { containers } }), {
      inputs: { cpu_limit_max: ['1'] },
    });
    expect(containersOf(findings)).toEqual(['containers/a']);
  });

  it('does not pass when a bound is no quantity', () => {
    const scene = { inputs: { cpu_limit_max: ['much'] } };
    expect(() => findingsOn(cpuLimitAndRequest, pod({ container: cpu('1') }), scene)).toThrow(
      '"much" is no valid quantity',
    );
  });

  it('passes with both', () => {
    expect(findingsOn(cpuLimitAndRequest, pod({ container: cpu('250m') }))).toEqual([]);
  });
});
