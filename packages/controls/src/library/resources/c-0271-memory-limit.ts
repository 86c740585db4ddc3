import type { Control } from '../../control.ts';
import { requiresLimit } from './limits.ts';

/** Every container has a memory limit. */
export const memoryLimit: Control = { id: 'C-0271', rules: [requiresLimit('resources-memory-limits', 'memory')] };
