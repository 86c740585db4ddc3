import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { clusterRoleBinding, group, roleBinding, user } from '../../testing/rbac-objects.ts';
import { anonymousAccess } from './c-0262-anonymous-access.ts';

describe('C-0262 anonymous access', () => {
  it('fails a binding to requests without credentials', () => {
    const binding = clusterRoleBinding('view', user('ann'), group('system:unauthenticated'));
    expect(pathsOf(findingsOn(anonymousAccess, binding), 'delete')).toEqual(['subjects[1]']);
    expect(findingsOn(anonymousAccess, roleBinding('r', 'shop', [user('system:anonymous')]))).toHaveLength(1);
  });

  it('passes others, and the versions that every cluster tells', () => {
    expect(findingsOn(anonymousAccess, clusterRoleBinding('view', group('system:authenticated')))).toEqual([]);
    const info = clusterRoleBinding('system:public-info-viewer', group('system:unauthenticated'));
    expect(findingsOn(anonymousAccess, info)).toEqual([]);
  });
});
