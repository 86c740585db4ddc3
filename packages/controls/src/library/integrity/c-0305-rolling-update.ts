import type { Control } from '../../control.ts';
import { has, recordAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { objectRule } from '../../rules.ts';

/** A Deployment starts its new version before it stops the old one. */
export const rollingUpdate: Control = {
  id: 'C-0305',
  rules: [
    objectRule({
      name: 'no-rolling-update-strategy',
      kinds: [kinds.deployment],
      check: (object) => {
        const strategy = recordAt(recordAt(object, 'spec'), 'strategy');
        if (!has(strategy, 'type') || strategy['type'] === '' || strategy['type'] === 'RollingUpdate') return [];
        const path = 'spec.strategy.type';
        return [
          {
            message: `Deployment "${object.metadata.name}" is stopped before its new version starts.`,
            paths: [
              { type: 'failed', path },
              { type: 'fix', path, value: 'RollingUpdate' },
            ],
            found: `strategy.type: ${String(strategy['type']).slice(0, 40)}`,
            wanted: 'strategy.type: RollingUpdate',
          },
        ];
      },
    }),
  ],
};
