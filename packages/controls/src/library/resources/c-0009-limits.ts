import type { Control } from '../../control.ts';
import { requiresBothLimits } from './limits.ts';

/** Every container has a limit for CPU and for memory. */
export const resourceLimits: Control = { id: 'C-0009', rules: [requiresBothLimits('resource-policies')] };
