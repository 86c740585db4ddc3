import { expect, it } from 'vitest';
import { parseResourceId } from './resource-identity.ts';

it.each([
  ['apps/v1/shop/Deployment/web', { apiVersion: 'apps/v1', namespace: 'shop', kind: 'Deployment', name: 'web' }],
  ['path=1/api=/v1/shop/Pod/web', { apiVersion: 'v1', namespace: 'shop', kind: 'Pod', name: 'web' }],
  [
    'eks.amazonaws.com/v1/ClusterDescribe/shop',
    { apiVersion: 'eks.amazonaws.com/v1', namespace: '', kind: 'ClusterDescribe', name: 'shop' },
  ],
  [
    'rbac.authorization.k8s.io/v1/shop/Role/r/rbac.authorization.k8s.io//User/ann',
    { apiVersion: 'rbac.authorization.k8s.io', namespace: '', kind: 'User', name: 'ann' },
  ],
  ['Pod/web', { apiVersion: '', namespace: '', kind: 'Pod', name: 'web' }],
  ['web', { apiVersion: '', namespace: '', kind: '', name: 'web' }],
])('%s', (id, expected) => {
  expect(parseResourceId(id)).toEqual(expected);
});
