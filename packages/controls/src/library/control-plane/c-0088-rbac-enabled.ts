import type { Control } from '../../control.ts';
import { mustList } from './expectation.ts';
import { flagRule } from './flag-control.ts';

/** RBAC decides what a request may do. On managed clusters only the provider can tell. */
export const rbacEnabled: Control = {
  id: 'C-0088',
  rules: [
    flagRule('kube-apiserver', {
      rule: 'rbac-enabled-native',
      expectation: mustList('authorization-mode', ['RBAC'], { unless: 'authorization-config' }),
      problem: 'does not ask RBAC what a request may do',
    }),
  ],
};
