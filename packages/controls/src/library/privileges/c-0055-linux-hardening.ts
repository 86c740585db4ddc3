import type { Control } from '../../control.ts';
import { containerRule, describeContainer } from '../../rules.ts';

/** A container needs a seccomp profile, its own or its pod's, and one that restricts something: `Unconfined` does not. */
export const linuxHardening: Control = {
  id: 'C-0055',
  rules: [
    containerRule({
      name: 'linux-hardening',
      os: 'linux',
      check: (container) => {
        const { value, path } = container.securityContext.seccompProfileType;
        if (value !== undefined && value !== '' && value !== 'Unconfined') return [];
        const fix = { path: `${path}.type`, value: 'RuntimeDefault' };
        return [
          {
            message: `The ${describeContainer(container)} runs without a seccomp profile that restricts its system calls.`,
            paths: [
              ...(value === undefined ? [] : ([{ type: 'failed', path: fix.path }] as const)),
              { type: 'fix', ...fix },
            ],
            ...(value === undefined ? {} : { found: `seccompProfile.type: ${value}` }),
            wanted: 'seccompProfile.type: RuntimeDefault or Localhost',
          },
        ];
      },
    }),
  ],
};
