import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { containersOf, findingsOn, pathsOf } from '../../testing/judge.ts';
import { secretsInEnvironment } from './c-0207-secrets-in-environment.ts';

const single = {
  env: [
    { name: 'A', value: 'x' },
    { name: 'B', valueFrom: { secretKeyRef: { name: 'db', key: 'k' } } },
  ],
};

describe('C-0207 Secrets as variables', () => {
  it('fails single keys and whole Secrets', () => {
    const findings = findingsOn(
      secretsInEnvironment,
      pod({ container: { ...single, envFrom: [{ secretRef: { name: 's' } }] } }),
    );
    expect(findings).toMatchObject([{ found: 'db, s' }]);
    expect(pathsOf(findings, 'delete')).toEqual(['spec.containers[0].env[1]', 'spec.containers[0].envFrom[0]']);
  });

  it('B07 looks at init containers', () => {
    const spec = { initContainers: [{ name: 'i', ...single }] };
    expect(containersOf(findingsOn(secretsInEnvironment, pod({ spec })))).toEqual(['initContainers/i']);
  });

  it('passes ConfigMaps and plain values', () => {
    const env = [
      { name: 'A', valueFrom: { configMapKeyRef: { name: 'c' } } },
      { name: 'B', value: 'x' },
    ];
    expect(
      findingsOn(secretsInEnvironment, pod({ container: { env, envFrom: [{ configMapRef: { name: 'c' } }] } })),
    ).toEqual([]);
  });
});
