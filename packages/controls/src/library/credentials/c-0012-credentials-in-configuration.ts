import type { Control } from '../../control.ts';
import { configMapCredentials } from './config-map-credentials.ts';
import { envCredentials } from './env-credentials.ts';

/** No credentials in environment variables and ConfigMaps. */
export const credentialsInConfiguration: Control = { id: 'C-0012', rules: [envCredentials, configMapCredentials] };
