import { describe, expect, it } from 'vitest';
import { subjectFindings } from '../../testing/judge.ts';
import { clusterRole, clusterRoleBinding, group, roleBinding, user } from '../../testing/rbac-objects.ts';
import { listSecrets } from './c-0015-read-secrets.ts';

const failing = (rule: { verbs: string[]; resources: string[]; apiGroups?: string[] }): number =>
  subjectFindings(listSecrets, [clusterRole('r', rule), clusterRoleBinding('r', group('devs'))])['Group/devs']
    ?.length ?? -1;

describe('C-0015 list Secrets', () => {
  it.each([
    { verbs: ['get'], resources: ['secrets'] },
    { verbs: ['watch', 'create'], resources: ['pods', 'secrets'] },
    { verbs: ['*'], resources: ['*'], apiGroups: ['*'] },
  ])('fails with %j', (rule) => {
    expect(failing(rule)).toBe(1);
  });

  it.each([
    { verbs: ['create', 'delete'], resources: ['secrets'] },
    { verbs: ['get'], resources: ['configmaps'] },
    { verbs: ['get'], resources: ['secrets'], apiGroups: ['example.com'] },
  ])('passes with %j', (rule) => {
    expect(failing(rule)).toBe(0);
  });

  it('follows a RoleBinding to a ClusterRole', () => {
    const objects = [
      clusterRole('r', { verbs: ['get'], resources: ['secrets'] }),
      roleBinding('r', 'shop', [user('ann')], 'ClusterRole'),
    ];
    expect(subjectFindings(listSecrets, objects)['User/ann']).toHaveLength(1);
  });
});
