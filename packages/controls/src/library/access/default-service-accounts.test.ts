import { namespace } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { clusterRoleBinding, roleBinding, serviceAccount, user } from '../../testing/rbac-objects.ts';
import { dedicatedAccountsAks, dedicatedAccountsEks, unusedDefaultAccounts } from './default-service-accounts.ts';

const account = (name: string, fields = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: 'shop' },
  ...fields,
});
const off = { automountServiceAccountToken: false };

describe.each([unusedDefaultAccounts, dedicatedAccountsEks])('$id tokens of default accounts', (control) => {
  it('fails default accounts that give their token away', () => {
    for (const fields of [{}, { automountServiceAccountToken: true }, { automountServiceAccountToken: 'false' }])
      expect(pathsOf(findingsOn(control, account('default', fields)), 'fix')).toEqual(['automountServiceAccountToken']);
  });

  it('passes those that refuse, and other accounts', () => {
    expect(findingsOn(control, account('default', off))).toEqual([]);
    expect(findingsOn(control, account('app'))).toEqual([]);
  });
});

describe('C-0189 accounts of applications', () => {
  it('fails a namespace that has only the default one', () => {
    expect(findingsOn(unusedDefaultAccounts, namespace('shop'), { others: [account('default', off)] })).toHaveLength(1);
    expect(findingsOn(unusedDefaultAccounts, namespace('shop'), { others: [account('app')] })).toEqual([]);
  });
});

describe.each([dedicatedAccountsEks, dedicatedAccountsAks])('$id roles of default accounts', (control) => {
  it('fails bindings that name one', () => {
    const binding = roleBinding('r', 'shop', [user('ann'), serviceAccount('default', 'shop')]);
    expect(pathsOf(findingsOn(control, binding), 'delete')).toEqual(['subjects[1]']);
  });

  it('passes other subjects, and what the cluster comes with', () => {
    expect(findingsOn(control, clusterRoleBinding('r', serviceAccount('app', 'shop'), user('default')))).toEqual([]);
    const binding = clusterRoleBinding('r', serviceAccount('default', 'shop'));
    const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
    expect(findingsOn(control, { ...binding, metadata: { ...binding.metadata, labels } })).toEqual([]);
  });
});
