import { cronJob, deployment, pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { deprecatedServiceAccount, missingServiceAccount } from './service-accounts.ts';

const account = (name: string, namespace: string) => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace },
});

describe('C-0294 the old field', () => {
  it('fails alone, and with another name beside it', () => {
    const alone = findingsOn(deprecatedServiceAccount, deployment({ spec: { serviceAccount: 'a' } }));
    expect(alone[0]?.paths).toContainEqual({ type: 'fix', path: 'spec.template.spec.serviceAccountName', value: 'a' });
    const both = pod({ spec: { serviceAccount: 'a', serviceAccountName: 'b' } });
    expect(pathsOf(findingsOn(deprecatedServiceAccount, both), 'fix')).toEqual([]);
    expect(findingsOn(deprecatedServiceAccount, both)).toHaveLength(1);
  });

  it('passes without it, and when both say the same, as the API server fills it in', () => {
    for (const spec of [
      {},
      { serviceAccountName: 'a' },
      { serviceAccount: 'a', serviceAccountName: 'a' },
      { serviceAccount: 7 },
    ])
      expect(findingsOn(deprecatedServiceAccount, pod({ spec }))).toEqual([]);
  });
});

describe('C-0307 missing service accounts', () => {
  const object = cronJob({ namespace: 'shop', spec: { serviceAccountName: 'a' } });

  it('fails a name that nothing goes by in the namespace', () => {
    expect(
      findingsOn(missingServiceAccount, object, { others: [account('a', 'bank'), account('b', 'shop')] }),
    ).toHaveLength(1);
  });

  it('passes one that exists, and the default one', () => {
    expect(findingsOn(missingServiceAccount, object, { others: [account('a', 'shop')] })).toEqual([]);
    expect(findingsOn(missingServiceAccount, pod())).toEqual([]);
    expect(findingsOn(missingServiceAccount, pod({ spec: { serviceAccountName: '' } }))).toEqual([]);
  });
});
