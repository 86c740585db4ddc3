import type { FindingPath } from '@kso/wire';
import type { Control } from '../../control.ts';
import { has, recordAt, recordsAt, stringAt } from '../../objects/json.ts';
import { containerRule, describeContainer } from '../../rules.ts';

/** Secrets are mounted as files. As variables, children, logs and crash reports see them. */
export const secretsInEnvironment: Control = {
  id: 'C-0207',
  rules: [
    containerRule({
      name: 'rule-secrets-in-env-var',
      check: (container) => {
        const single = recordsAt(container.raw, 'env').flatMap(({ index, value }) => {
          const source = recordAt(value, 'valueFrom');
          return has(source, 'secretKeyRef')
            ? [{ path: `${container.path}.env[${index}]`, name: secretName(recordAt(source, 'secretKeyRef')) }]
            : [];
        });
        const whole = recordsAt(container.raw, 'envFrom').flatMap(({ index, value }) =>
          has(value, 'secretRef')
            ? [{ path: `${container.path}.envFrom[${index}]`, name: secretName(recordAt(value, 'secretRef')) }]
            : [],
        );
        const found = [...single, ...whole];
        if (found.length === 0) return [];
        return [
          {
            message: `The ${describeContainer(container)} gets Secrets as environment variables.`,
            paths: found.flatMap(({ path }): FindingPath[] => [
              { type: 'failed', path },
              { type: 'delete', path },
            ]),
            found: [...new Set(found.map(({ name }) => name))].join(', '),
            wanted: 'Secrets mounted as files',
          },
        ];
      },
    }),
  ],
};

function secretName(reference: ReturnType<typeof recordAt>): string {
  return stringAt(reference, 'name') ?? 'a Secret';
}
