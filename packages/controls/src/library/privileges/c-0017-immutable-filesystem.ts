import type { Control } from '../../control.ts';
import { requiredFlag } from './container-flag.ts';

/** The root file system of a container must be read-only. */
export const immutableFilesystem: Control = {
  id: 'C-0017',
  rules: [
    requiredFlag({
      name: 'immutable-container-filesystem',
      field: 'readOnlyRootFilesystem',
      wanted: true,
      problem: 'can write to its root file system',
    }),
  ],
};
