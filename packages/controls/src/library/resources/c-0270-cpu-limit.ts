import type { Control } from '../../control.ts';
import { requiresLimit } from './limits.ts';

/** Every container has a cpu limit. */
export const cpuLimit: Control = { id: 'C-0270', rules: [requiresLimit('resources-cpu-limits', 'cpu')] };
