import type { Finding } from '@kso/wire';
import type { Control } from '../../control.ts';
import { numberAt, recordsAt } from '../../objects/json.ts';
import { containerRule, describeContainer } from '../../rules.ts';

/** Containers must not open ports on their node. */
export const hostPort: Control = {
  id: 'C-0044',
  rules: [
    containerRule({
      name: 'container-hostPort',
      check: (container) =>
        recordsAt(container.raw, 'ports').flatMap(({ index, value }): Omit<Finding, 'container'>[] => {
          const port = numberAt(value, 'hostPort');
          if (port === undefined || port === 0) return [];
          const path = `${container.path}.ports[${index}].hostPort`;
          return [
            {
              message: `The ${describeContainer(container)} opens port ${port} on its node.`,
              paths: [
                { type: 'failed', path },
                { type: 'delete', path },
              ],
              found: `hostPort: ${port}`,
              wanted: 'no hostPort',
            },
          ];
        }),
    }),
  ],
};
