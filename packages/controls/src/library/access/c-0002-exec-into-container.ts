import type { Control } from '../../control.ts';
import { coreGroup, noSubjectMay } from './permission.ts';

/** Who may run commands in containers. */
export const execIntoContainer: Control = {
  id: 'C-0002',
  rules: [
    noSubjectMay('exec-into-container-v1', 'can run commands in containers', {
      verbs: ['create', '*'],
      apiGroups: coreGroup,
      resources: ['pods/exec', 'pods/*', '*/exec', '*'],
    }),
  ],
};
