import type { Control } from '../../control.ts';
import { requiresBoundedResources } from './limits.ts';

/** Every container has a cpu limit and a cpu request, and both lie within the configured bounds. */
export const cpuLimitAndRequest: Control = {
  id: 'C-0050',
  rules: [requiresBoundedResources('resources-cpu-limit-and-request', 'cpu')],
};
