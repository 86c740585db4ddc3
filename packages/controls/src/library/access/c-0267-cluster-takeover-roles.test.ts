import { deployment, pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn } from '../../testing/judge.ts';
import {
  clusterRole,
  clusterRoleBinding,
  group,
  role,
  roleBinding,
  serviceAccount,
} from '../../testing/rbac-objects.ts';
import { clusterTakeoverRoles } from './c-0267-cluster-takeover-roles.ts';

const app = pod({ name: 'p', namespace: 'shop', spec: { serviceAccountName: 'powerful' } });
const makesPods = clusterRole('maker', { verbs: ['create'], resources: ['pods'] });

describe('C-0267 cluster takeover roles', () => {
  it.each([
    ['a ClusterRoleBinding', clusterRoleBinding('maker', serviceAccount('powerful', 'shop'))],
    ['a RoleBinding', roleBinding('maker', 'kube-system', [serviceAccount('powerful', 'shop')], 'ClusterRole')],
    ['a group of the namespace', clusterRoleBinding('maker', group('system:serviceaccounts:shop'))],
    ['the group of everybody', clusterRoleBinding('maker', group('system:authenticated'))],
    [
      'a binding that names no namespace but its own',
      roleBinding('maker', 'shop', [serviceAccount('powerful')], 'ClusterRole'),
    ],
  ])('fails with rights by %s', (_how, binding) => {
    const findings = findingsOn(clusterTakeoverRoles, app, { others: [makesPods, binding] });
    expect(findings).toHaveLength(1);
    expect(findings[0]?.relatedIds).toContain('rbac.authorization.k8s.io/v1//ClusterRole/maker');
    expect(findings[0]?.paths[0]).toMatchObject({ type: 'delete', path: 'subjects[0]' });
  });

  it('fails who can read Secrets', () => {
    const others = [
      role('r', 'shop', { verbs: ['list'], resources: ['secrets'] }),
      roleBinding('r', 'shop', [serviceAccount('powerful', 'shop')]),
    ];
    expect(findingsOn(clusterTakeoverRoles, app, { others })).toHaveLength(1);
  });

  it('passes without such a right, with one of another account, and without a token', () => {
    const harmless = clusterRole('maker', { verbs: ['get'], resources: ['pods'] });
    const mine = clusterRoleBinding('maker', serviceAccount('powerful', 'shop'));
    const others = clusterRoleBinding('maker', serviceAccount('powerful', 'bank'));
    expect(findingsOn(clusterTakeoverRoles, app, { others: [harmless, mine] })).toEqual([]);
    expect(findingsOn(clusterTakeoverRoles, app, { others: [makesPods, others] })).toEqual([]);
    const refusing = deployment({
      namespace: 'shop',
      spec: { serviceAccountName: 'powerful', automountServiceAccountToken: false },
    });
    expect(findingsOn(clusterTakeoverRoles, refusing, { others: [makesPods, mine] })).toEqual([]);
  });
});
