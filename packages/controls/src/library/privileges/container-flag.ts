import type { Finding } from '@kso/wire';
import type { WorkloadRule } from '../../control.ts';
import { containerRule, describeContainer } from '../../rules.ts';

type BooleanField = 'privileged' | 'allowPrivilegeEscalation' | 'readOnlyRootFilesystem';

/** A rule that a boolean of each container's security context has to be explicitly `wanted`. */
export function requiredFlag(options: {
  readonly name: string;
  readonly field: BooleanField;
  readonly wanted: boolean;
  /** What the container can do now: `can write to its root file system`. */
  readonly problem: string;
}): WorkloadRule {
  const { name, field, wanted, problem } = options;
  return containerRule({
    name,
    os: 'linux',
    check: (container) => {
      const { value, path } = container.securityContext[field];
      if (value === wanted) return [];
      const finding: Omit<Finding, 'container'> = {
        message: `The ${describeContainer(container)} ${problem}.`,
        paths: [
          ...(value === undefined ? [] : ([{ type: 'failed', path }] as const)),
          { type: 'fix', path, value: String(wanted) },
        ],
        wanted: `${field}: ${wanted}`,
      };
      return [value === undefined ? finding : { ...finding, found: `${field}: ${value}` }];
    },
  });
}
