import type { Control } from '../../control.ts';
import { requiresBoundedResources } from './limits.ts';

/** Every container has a memory limit and a memory request, and both lie within the configured bounds. */
export const memoryLimitAndRequest: Control = {
  id: 'C-0004',
  rules: [requiresBoundedResources('resources-memory-limit-and-request', 'memory')],
};
