import type { Control } from '../../control.ts';
import { coreGroup, noSubjectMay } from './permission.ts';

/** Who may do everything. */
export const administrativeRoles: Control = {
  id: 'C-0035',
  rules: [
    noSubjectMay('rule-list-all-cluster-admins-v1', 'can do everything with every resource', {
      verbs: ['*'],
      apiGroups: coreGroup,
      resources: ['*'],
      ofAll: true,
    }),
  ],
};
