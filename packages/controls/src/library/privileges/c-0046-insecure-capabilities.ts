import type { FindingPath } from '@kso/wire';
import type { Control } from '../../control.ts';
import { capabilityName } from '../../objects/capabilities.ts';
import { containerRule, describeContainer } from '../../rules.ts';

/** Containers must not add a capability of the list `insecureCapabilities`. */
export const insecureCapabilities: Control = {
  id: 'C-0046',
  rules: [
    containerRule({
      name: 'insecure-capabilities',
      os: 'linux',
      inputs: ['insecureCapabilities'],
      check: (container, { inputs }) => {
        const insecure = new Set(inputs.insecureCapabilities.map(capabilityName));
        const added = container.capabilities.add.filter(({ name }) => insecure.has(name));
        if (added.length === 0) return [];
        const names = added.map(({ name }) => name).join(', ');
        return [
          {
            message: `The ${describeContainer(container)} adds the capabilities ${names}.`,
            paths: added.flatMap(({ index }): FindingPath[] => {
              const path = `${container.path}.securityContext.capabilities.add[${index}]`;
              return [
                { type: 'failed', path },
                { type: 'delete', path },
              ];
            }),
            found: names,
            wanted: 'none of these capabilities added',
          },
        ];
      },
    }),
  ],
};
