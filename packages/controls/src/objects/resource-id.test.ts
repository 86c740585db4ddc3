import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { clusterRole, clusterRoleBinding, role, roleBinding, serviceAccount, user } from '../testing/rbac-objects.ts';
import { vectors } from '../testing/simple-relations.ts';
import { fileObjectId, objectId, vectorId } from './resource-id.ts';

describe('resource ids', () => {
  it('name group, version, namespace, kind and name', () => {
    expect(objectId({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' } })).toBe(
      'apps/v1/shop/Deployment/web',
    );
    expect(objectId(pod({ name: 'x', namespace: 'shop' }))).toBe('/v1/shop/Pod/x');
    expect(objectId(clusterRole('admin'))).toBe('rbac.authorization.k8s.io/v1//ClusterRole/admin');
  });

  it('of data about nodes have no place for a namespace', () => {
    const apiVersion = 'hostdata.kubescape.cloud/v1beta0';
    expect(objectId({ apiVersion, kind: 'KubeletInfo', metadata: { name: 'node-1' } })).toBe(
      `${apiVersion}/KubeletInfo/node-1`,
    );
  });

  it.each(['eks.amazonaws.com/v1', 'container.googleapis.com/v1', 'management.azure.com/v1'])(
    'of what clouds say neither: %s',
    (apiVersion) => {
      expect(objectId({ apiVersion, kind: 'ClusterDescribe', metadata: { name: 'shop' } })).toBe(
        `${apiVersion}/ClusterDescribe/shop`,
      );
    },
  );

  it('of files begin with a hash of file and document, as existing reports have it', () => {
    const web = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web-10', namespace: 'team-0000' } };
    expect(fileObjectId(web, 'team-0000.yaml', 22)).toBe('path=1007994362/api=apps/v1/team-0000/Deployment/web-10');
  });

  it('of RBAC subjects are the sorted ids of subject, binding and role', () => {
    const account = [role('r', 'shop'), roleBinding('r', 'shop', [serviceAccount('bot', 'shop')])];
    expect(vectors(account).map((vector) => vectorId(vector, objectId))).toEqual([
      '/shop/ServiceAccount/bot/rbac.authorization.k8s.io/v1/shop/Role/r/rbac.authorization.k8s.io/v1/shop/RoleBinding/r-binding',
    ]);
    const person = [clusterRole('r'), clusterRoleBinding('r', user('ann'))];
    expect(vectors(person).map((vector) => vectorId(vector, objectId))).toEqual([
      'rbac.authorization.k8s.io//User/ann/rbac.authorization.k8s.io/v1//ClusterRole/r/rbac.authorization.k8s.io/v1//ClusterRoleBinding/r-binding',
    ]);
  });
});
