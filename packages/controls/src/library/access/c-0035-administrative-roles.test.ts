import { describe, expect, it } from 'vitest';
import { subjectFindings } from '../../testing/judge.ts';
import { clusterRole, clusterRoleBinding, user } from '../../testing/rbac-objects.ts';
import { administrativeRoles } from './c-0035-administrative-roles.ts';

const failing = (rule: {
  verbs: string[];
  resources: string[];
  apiGroups?: string[];
  resourceNames?: string[];
}): number =>
  subjectFindings(administrativeRoles, [clusterRole('r', rule), clusterRoleBinding('r', user('ann'))])['User/ann']
    ?.length ?? -1;

describe('C-0035 administrative roles', () => {
  it('fails who may do everything', () => {
    expect(failing({ verbs: ['*'], resources: ['*'], apiGroups: ['*'] })).toBe(1);
    expect(failing({ verbs: ['get', '*'], resources: ['*'] })).toBe(1);
  });

  it.each([
    { verbs: ['*'], resources: ['pods'], apiGroups: ['*'] },
    { verbs: ['get', 'list'], resources: ['*'], apiGroups: ['*'] },
    { verbs: ['*'], resources: ['*'], apiGroups: ['apps'] },
    { verbs: ['*'], resources: ['*'], apiGroups: ['*'], resourceNames: ['theirs'] },
  ])('passes with %j', (rule) => {
    expect(failing(rule)).toBe(0);
  });
});
