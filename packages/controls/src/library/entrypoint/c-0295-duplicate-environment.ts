import type { Control } from '../../control.ts';
import { recordsAt, stringAt } from '../../objects/json.ts';
import { kinds, workloadKinds } from '../../objects/kinds.ts';
import { containerRule, describeContainer } from '../../rules.ts';

/** A container sets each variable once. */
export const duplicateEnvironment: Control = {
  id: 'C-0295',
  rules: [
    containerRule({
      name: 'duplicate-env-var',
      kinds: [...workloadKinds, kinds.replicationController],
      check: (container) => {
        const seen = new Set<string>();
        return recordsAt(container.raw, 'env').flatMap(({ index, value }) => {
          const name = stringAt(value, 'name');
          if (name === undefined) return [];
          if (!seen.has(name)) {
            seen.add(name);
            return [];
          }
          const path = `${container.path}.env[${index}]`;
          return [
            {
              message: `The ${describeContainer(container)} sets the variable ${name} more than once.`,
              paths: [
                { type: 'failed' as const, path: `${path}.name` },
                { type: 'review' as const, path },
              ],
              found: name,
              wanted: 'one entry for each variable',
            },
          ];
        });
      },
    }),
  ],
};
