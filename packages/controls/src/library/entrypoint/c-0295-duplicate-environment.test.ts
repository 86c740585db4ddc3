import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { duplicateEnvironment } from './c-0295-duplicate-environment.ts';

const env = (...names: unknown[]) => pod({ container: { env: names.map((name) => ({ name, value: 'x' })) } });

describe('C-0295 duplicate variables', () => {
  it('fails every further entry of a name', () => {
    const findings = findingsOn(duplicateEnvironment, env('A', 'B', 'A', 'A'));
    expect(pathsOf(findings, 'review')).toEqual(['spec.containers[0].env[2]', 'spec.containers[0].env[3]']);
  });

  it('passes different names, and what is none', () => {
    for (const object of [env('A', 'B', 'a'), env(7, 7), pod({ container: { env: null } }), pod()])
      expect(findingsOn(duplicateEnvironment, object)).toEqual([]);
  });
});
