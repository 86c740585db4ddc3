import type { Control } from '../../control.ts';
import { containerRule, describeContainer } from '../../rules.ts';

/** Privileged containers own their node. */
export const privilegedContainer: Control = {
  id: 'C-0057',
  rules: [
    containerRule({
      name: 'rule-privilege-escalation',
      os: 'linux',
      check: (container) => {
        const { value, path } = container.securityContext.privileged;
        if (value !== true) return [];
        return [
          {
            message: `The ${describeContainer(container)} is privileged.`,
            paths: [
              { type: 'failed', path },
              { type: 'delete', path },
            ],
            found: 'privileged: true',
            wanted: 'privileged: false or unset',
          },
        ];
      },
    }),
  ],
};
