import type { Control } from '../../control.ts';
import { requiredFlag } from './container-flag.ts';

/** A process may get more rights than its parent unless `allowPrivilegeEscalation` is false; the default of Kubernetes is true. */
export const privilegeEscalation: Control = {
  id: 'C-0016',
  rules: [
    requiredFlag({
      name: 'rule-allow-privilege-escalation',
      field: 'allowPrivilegeEscalation',
      wanted: false,
      problem: 'allows its processes to gain more privileges than they start with',
    }),
  ],
};
