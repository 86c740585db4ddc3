import type { Control } from '../../control.ts';
import { containerRule, describeContainer } from '../../rules.ts';

/** Containers run with the seccomp profile of their runtime, set on them or on their pod. */
export const runtimeSeccomp: Control = {
  id: 'C-0210',
  rules: [
    containerRule({
      name: 'set-seccomp-profile-RuntimeDefault',
      os: 'linux',
      check: (container) => {
        const { value, path } = container.securityContext.seccompProfileType;
        if (value === 'RuntimeDefault') return [];
        return [
          {
            message: `The ${describeContainer(container)} does not run with the seccomp profile of its runtime.`,
            paths: [
              ...(value === undefined ? [] : ([{ type: 'failed', path: `${path}.type` }] as const)),
              { type: 'fix', path: `${path}.type`, value: 'RuntimeDefault' },
            ],
            ...(value === undefined ? {} : { found: `seccompProfile.type: ${value}` }),
            wanted: 'seccompProfile.type: RuntimeDefault',
          },
        ];
      },
    }),
  ],
};
