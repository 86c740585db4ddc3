import { workloadKinds } from '@kso/controls';
import { pod } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { engineOf } from './testing/engine.ts';

const workload = (kind: string, group: string, spec: unknown): KubeObject => ({
  apiVersion: group === '' ? 'v1' : `${group}/v1`,
  kind,
  metadata: { name: 'web', namespace: 'shop' },
  spec,
});

function privilegedVerdict(object: KubeObject) {
  const [result] = engineOf([object]).results();
  return result?.controls.find(({ controlId }) => controlId === 'C-0057')?.rules[0]?.verdict;
}

describe('a workload whose pods cannot be read', () => {
  it.each(workloadKinds)('$kind without pods is not evaluated', ({ group, kind }) => {
    expect(privilegedVerdict(workload(kind, group, { template: 'x', jobTemplate: 'x' }))).toMatchObject({
      status: 'notEvaluated',
      reason: 'error',
      detail: expect.stringContaining(`${kind} web: `) as unknown,
    });
  });

  it('is not evaluated when a list of containers is none', () => {
    const containers = { a: { securityContext: { privileged: true } } };
    expect(privilegedVerdict(workload('Pod', '', { containers }))).toMatchObject({
      status: 'notEvaluated',
      detail: 'Pod web: spec.containers is no list',
    });
  });

  it('is evaluated when it is in order', () => {
    expect(privilegedVerdict(pod({ name: 'web' }))).toMatchObject({ status: 'passed' });
  });
});
