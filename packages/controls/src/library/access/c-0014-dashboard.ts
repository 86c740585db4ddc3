import type { Control } from '../../control.ts';
import { subjectRule, workloadRule } from '../../rules.ts';
import { bindingPaths } from './permission.ts';

const dashboard = 'kubernetes-dashboard';

/** The rights of the dashboard are the dashboard's alone: no other subject has its role, no other workload its account. */
export const dashboardAccess: Control = {
  id: 'C-0014',
  rules: [
    subjectRule({
      name: 'rule-access-dashboard-subject-v1',
      check: (vector, { id }) => {
        const { subject, role, binding } = vector;
        if (role.metadata.name !== dashboard || subject.name === dashboard) return [];
        return [
          {
            message: `${subject.kind} "${subject.name}" has the rights of the dashboard by ${binding.kind} "${binding.metadata.name}".`,
            paths: bindingPaths(vector).map((path) => ({ type: 'review' as const, path })),
            found: `${role.kind} ${dashboard}`,
            wanted: `this role for service account ${dashboard} only`,
            relatedIds: [id(binding), id(role)],
          },
        ];
      },
    }),
    workloadRule({
      name: 'rule-access-dashboard-wl-v1',
      check: ({ kind, name, serviceAccountName, podPath }) => {
        if (serviceAccountName !== dashboard || name.startsWith(dashboard)) return [];
        const path = `${podPath}.serviceAccountName`;
        return [
          {
            message: `${kind} "${name}" runs as the service account of the dashboard.`,
            paths: [
              { type: 'failed', path },
              { type: 'delete', path },
            ],
            found: `serviceAccountName: ${dashboard}`,
            wanted: 'a service account of its own',
          },
        ];
      },
    }),
  ],
};
