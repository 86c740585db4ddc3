import { deployment } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, subjectFindings } from '../../testing/judge.ts';
import { role, roleBinding, serviceAccount, user } from '../../testing/rbac-objects.ts';
import { dashboardAccess } from './c-0014-dashboard.ts';

const dashboard = 'kubernetes-dashboard';

describe('C-0014 dashboard', () => {
  it('fails every other subject of its role', () => {
    const subjects = [serviceAccount(dashboard, dashboard), user('ann')];
    const found = subjectFindings(dashboardAccess, [role(dashboard, 'd'), roleBinding(dashboard, 'd', subjects)]);
    expect(found[`ServiceAccount/${dashboard}`]).toEqual([]);
    expect(found['User/ann']).toHaveLength(1);
  });

  it('fails every other workload of its account', () => {
    const spec = { serviceAccountName: dashboard };
    expect(findingsOn(dashboardAccess, deployment({ name: 'web', spec }))).toHaveLength(1);
    expect(findingsOn(dashboardAccess, deployment({ name: `${dashboard}-2`, spec }))).toEqual([]);
    expect(findingsOn(dashboardAccess, deployment({ name: 'web' }))).toEqual([]);
  });
});
