import { describe, expect, it } from 'vitest';
import { subjectFindings } from '../../testing/judge.ts';
import {
  clusterRole,
  clusterRoleBinding,
  group,
  roleBinding,
  serviceAccount,
  user,
} from '../../testing/rbac-objects.ts';
import { boundServiceAccounts, clusterAdmin, everybodyElevated } from './subjects.ts';

const everything = { verbs: ['*'], resources: ['*'], apiGroups: ['*'] };

describe('controls about who has a role', () => {
  it('C-0053 fails service accounts and nobody else', () => {
    const found = subjectFindings(boundServiceAccounts, [
      clusterRole('r', { verbs: ['get'], resources: ['pods'] }),
      clusterRoleBinding('r', user('ann'), serviceAccount('app', 'shop')),
    ]);
    expect(found['User/ann']).toEqual([]);
    expect(found['ServiceAccount/app']?.[0]?.message).toContain('ServiceAccount "app" has a role');
  });

  it('C-0185 fails who has cluster-admin in the whole cluster', () => {
    const role = clusterRole('cluster-admin', everything);
    const failures = (...objects: Parameters<typeof subjectFindings>[1][number][]) =>
      subjectFindings(clusterAdmin, objects)['User/ann']?.length;
    expect(failures(role, clusterRoleBinding('cluster-admin', user('ann')))).toBe(1);
    expect(failures(role, roleBinding('cluster-admin', 'shop', [user('ann')], 'ClusterRole'))).toBe(0);
    expect(failures(clusterRole('admin', everything), clusterRoleBinding('admin', user('ann')))).toBe(0);
    const harmless = clusterRole('cluster-admin', { verbs: ['get'], resources: ['pods'] });
    expect(failures(harmless, clusterRoleBinding('cluster-admin', user('ann')))).toBe(0);
  });

  it.each([
    [{ verbs: ['create'], resources: ['pods/exec'] }, 1],
    [{ verbs: ['list'], resources: ['secrets'] }, 1],
    [{ verbs: ['*'], resources: ['cronjobs'], apiGroups: ['batch'] }, 1],
    [{ verbs: ['get'], resources: ['pods'] }, 0],
    [{ verbs: ['create'], resources: ['selfsubjectaccessreviews'], apiGroups: ['authorization.k8s.io'] }, 0],
  ])('C-0265 with %j for everybody: %d', (rule, failures) => {
    const objects = [clusterRole('r', rule), clusterRoleBinding('r', group('system:authenticated'), group('devs'))];
    const found = subjectFindings(everybodyElevated, objects);
    expect(found['Group/system:authenticated']).toHaveLength(failures);
    expect(found['Group/devs']).toEqual([]);
  });
});
