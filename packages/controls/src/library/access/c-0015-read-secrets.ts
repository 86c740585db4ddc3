import type { Control } from '../../control.ts';
import { noSubjectMay } from './permission.ts';
import { readSecrets } from './takeover.ts';

/** Who may read Secrets. */
export const listSecrets: Control = {
  id: 'C-0015',
  rules: [noSubjectMay('rule-can-list-get-secrets-v1', 'can read Secrets', readSecrets)],
};
