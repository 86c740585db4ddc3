import type { Control } from '../../control.ts';
import { recordsAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { objectRule } from '../../rules.ts';

/** Pods are made by workloads. Static pods belong to their node and are fine. */
export const nakedPods: Control = {
  id: 'C-0073',
  rules: [
    objectRule({
      name: 'naked-pods',
      kinds: [kinds.pod],
      check: ({ metadata }) =>
        recordsAt(metadata, 'ownerReferences').length > 0
          ? []
          : [
              {
                message: `Pod "${metadata.name}" was made directly: nothing makes it anew when its node goes away.`,
                paths: [{ type: 'fix', path: 'metadata.ownerReferences', value: 'YOUR_VALUE' }],
                wanted: 'a Deployment or another workload that makes the pod',
              },
            ],
    }),
  ],
};
