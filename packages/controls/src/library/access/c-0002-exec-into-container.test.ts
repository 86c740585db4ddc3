import { describe, expect, it } from 'vitest';
import { pathsOf, subjectFindings } from '../../testing/judge.ts';
import {
  clusterRole,
  clusterRoleBinding,
  role,
  roleBinding,
  serviceAccount,
  user,
} from '../../testing/rbac-objects.ts';
import { execIntoContainer } from './c-0002-exec-into-container.ts';

describe('C-0002 exec into containers', () => {
  it('fails each subject of a binding to a role that may exec, with the path of everything that lets it', () => {
    const findings = subjectFindings(execIntoContainer, [
      clusterRole(
        'debug',
        { verbs: ['get'], resources: ['pods'] },
        { verbs: ['get', 'create'], resources: ['pods', 'pods/exec'] },
      ),
      clusterRoleBinding('debug', user('ann'), serviceAccount('bot', 'ci')),
    ]);
    expect(Object.keys(findings)).toEqual(['User/ann', 'ServiceAccount/bot']);
    expect(findings['User/ann']?.[0]).toMatchObject({
      message:
        'User "ann" can run commands in containers, by ClusterRoleBinding "debug-binding" to ClusterRole "debug".',
    });
    expect(pathsOf(findings['ServiceAccount/bot'] ?? [], 'failed')).toEqual([
      'relatedObjects[1].rules[1].resources[1]',
      'relatedObjects[1].rules[1].verbs[1]',
      'relatedObjects[1].rules[1].apiGroups[0]',
      'relatedObjects[0].subjects[1]',
      'relatedObjects[0].roleRef.name',
    ]);
  });

  it.each([
    ['another verb', { verbs: ['get'], resources: ['pods/exec'] }],
    ['another resource', { verbs: ['*'], resources: ['pods/log'] }],
    ['another group', { verbs: ['*'], resources: ['*'], apiGroups: ['apps'] }],
  ])('passes a role with %s', (_what, rule) => {
    const findings = subjectFindings(execIntoContainer, [clusterRole('r', rule), clusterRoleBinding('r', user('ann'))]);
    expect(findings).toEqual({ 'User/ann': [] });
  });

  it('looks for a Role in the namespace of its binding only', () => {
    const exec = { verbs: ['create'], resources: ['pods/exec'] };
    const objects = [
      role('r', 'bank', exec),
      role('r', 'shop', { verbs: ['get'], resources: ['pods'] }),
      roleBinding('r', 'shop', [user('ann')]),
    ];
    expect(subjectFindings(execIntoContainer, objects)).toEqual({ 'User/ann': [] });
  });
});
