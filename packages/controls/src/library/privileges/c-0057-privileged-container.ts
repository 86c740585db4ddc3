import type { Finding, FindingPath } from '@kso/wire';
import type { Control } from '../../control.ts';
import type { Container } from '../../objects/workload.ts';
import { containerRule, describeContainer } from '../../rules.ts';

/** SYS_ADMIN lets a container do nearly what a privileged one can; ALL contains it. */
const asGoodAsPrivileged = new Set(['SYS_ADMIN', 'ALL']);

/** Privileged containers own their node. */
export const privilegedContainer: Control = {
  id: 'C-0057',
  rules: [
    containerRule({
      name: 'rule-privilege-escalation',
      os: 'linux',
      check: (container) => [...privilegedFlag(container), ...privilegedCapabilities(container)],
    }),
  ],
};

function privilegedFlag(container: Container): Omit<Finding, 'container'>[] {
  const { value, path } = container.securityContext.privileged;
  if (value !== true) return [];
  return [
    {
      message: `The ${describeContainer(container)} is privileged.`,
      paths: removal(path),
      found: 'privileged: true',
      wanted: 'privileged: false or unset',
    },
  ];
}

function privilegedCapabilities(container: Container): Omit<Finding, 'container'>[] {
  const added = container.capabilities.add.filter(({ name }) => asGoodAsPrivileged.has(name));
  return added.map(({ name, index }) => ({
    message: `The ${describeContainer(container)} adds the capability ${name}, which is nearly as good as privileged.`,
    paths: removal(`${container.path}.securityContext.capabilities.add[${index}]`),
    found: name,
    wanted: 'the capability not added',
  }));
}

function removal(path: string): FindingPath[] {
  return [
    { type: 'failed', path },
    { type: 'delete', path },
  ];
}
