import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../../testing/judge.ts';
import { credentialAccess } from './c-0259-credential-access.ts';

describe('C-0259 credential access', () => {
  it('fails a workload with a literal credential', () => {
    expect(findingsOn(credentialAccess, pod({ container: { env: [{ name: 'TOKEN', value: 'abc' }] } }))).toHaveLength(
      1,
    );
  });

  it('passes a workload without', () => {
    expect(findingsOn(credentialAccess, pod())).toEqual([]);
  });

  it('has nothing to say about ConfigMaps', () => {
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm' }, data: { password: 'x' } };
    expect(verdictOn(credentialAccess, configMap)).toBeUndefined();
  });
});
