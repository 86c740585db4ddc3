import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn } from '../../testing/judge.ts';
import { clusterRole, clusterRoleBinding, group, serviceAccount } from '../../testing/rbac-objects.ts';
import { administrativeWorkload, tokenMounted } from './token-rights.ts';

const app = pod({ name: 'p', namespace: 'shop', spec: { serviceAccountName: 'app' } });
const silent = pod({ namespace: 'shop', spec: { serviceAccountName: 'app', automountServiceAccountToken: false } });
const reader = clusterRole('reader', { verbs: ['get'], resources: ['pods'] });
const admin = clusterRole('admin', { verbs: ['*'], resources: ['*'], apiGroups: ['*'] });
const bound = (role: string) => clusterRoleBinding(role, serviceAccount('app', 'shop'));

describe('C-0261 mounted tokens', () => {
  it('fails a token with any right', () => {
    expect(findingsOn(tokenMounted, app, { others: [reader, bound('reader')] })).toHaveLength(1);
  });

  it('passes without a right, without a token, and with what every account has', () => {
    expect(findingsOn(tokenMounted, app, { others: [reader] })).toEqual([]);
    expect(findingsOn(tokenMounted, silent, { others: [reader, bound('reader')] })).toEqual([]);
    const discovery = clusterRoleBinding('reader', group('system:serviceaccounts'));
    const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
    const others = [reader, { ...discovery, metadata: { ...discovery.metadata, labels } }];
    expect(findingsOn(tokenMounted, app, { others })).toEqual([]);
    const everybody = clusterRoleBinding('reader', group('system:authenticated'));
    expect(findingsOn(tokenMounted, app, { others: [reader, everybody] })).toEqual([]);
  });
});

describe('C-0272 administrative workloads', () => {
  it('fails a token that opens everything', () => {
    expect(findingsOn(administrativeWorkload, app, { others: [admin, bound('admin')] })).toHaveLength(1);
  });

  it('passes one that opens little, and none', () => {
    expect(findingsOn(administrativeWorkload, app, { others: [reader, bound('reader')] })).toEqual([]);
    expect(findingsOn(administrativeWorkload, silent, { others: [admin, bound('admin')] })).toEqual([]);
  });
});
