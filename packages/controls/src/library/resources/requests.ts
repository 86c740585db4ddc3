import type { Control } from '../../control.ts';
import { requiresRequest } from './limits.ts';

/** Every container says how much CPU it needs. */
export const cpuRequest: Control = { id: 'C-0268', rules: [requiresRequest('resources-cpu-requests', 'cpu')] };

/** Every container says how much memory it needs. */
export const memoryRequest: Control = { id: 'C-0269', rules: [requiresRequest('resources-memory-requests', 'memory')] };
