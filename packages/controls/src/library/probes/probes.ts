import type { Control } from '../../control.ts';
import { has, recordAt, stringAt } from '../../objects/json.ts';
import type { Container } from '../../objects/workload.ts';
import { containerRule, describeContainer } from '../../rules.ts';

/** Containers say when they can answer. */
export const readinessProbe: Control = probe(
  'C-0018',
  'configured-readiness-probe',
  'readinessProbe',
  'gets traffic before it can answer',
);

/** Containers say whether they are alive. */
export const livenessProbe: Control = probe(
  'C-0056',
  'configured-liveness-probe',
  'livenessProbe',
  'is not restarted when it hangs',
);

function probe(id: string, name: string, field: 'readinessProbe' | 'livenessProbe', consequence: string): Control {
  return {
    id,
    rules: [
      containerRule({
        name,
        check: (container) => {
          const written = container.raw[field];
          const probes = Object.keys(recordAt(container.raw, field)).length > 0;
          if (!canHave(container) || probes) return [];
          const path = `${container.path}.${field}`;
          return [
            {
              message: `The ${describeContainer(container)} has no ${field} and ${consequence}.`,
              paths: [
                ...(has(container.raw, field) ? ([{ type: 'failed', path }] as const) : []),
                { type: 'fix', path, value: 'YOUR_VALUE' },
              ],
              ...(has(container.raw, field) ? { found: JSON.stringify(written).slice(0, 80) } : {}),
              wanted: `a ${field}`,
            },
          ];
        },
      }),
    ],
  };
}

/** Of init containers only those that run on may have probes. */
function canHave({ list, raw }: Container): boolean {
  return list === 'containers' || (list === 'initContainers' && stringAt(raw, 'restartPolicy') === 'Always');
}
