import type { Control } from '../../control.ts';
import { envCredentials } from './env-credentials.ts';

/** The workload half of C-0012, as a step on an attack track. */
export const credentialAccess: Control = { id: 'C-0259', rules: [envCredentials] };
