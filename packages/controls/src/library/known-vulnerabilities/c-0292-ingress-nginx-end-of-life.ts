import type { Control } from '../../control.ts';
import { kinds } from '../../objects/kinds.ts';
import { containerRule, describeContainer } from '../../rules.ts';
import { ingressNginxTag } from './ingress-nginx.ts';

/** The community's ingress-nginx controller gets no fixes any more. */
export const ingressNginxEndOfLife: Control = {
  id: 'C-0292',
  rules: [
    containerRule({
      name: 'detect-nginx-ingress-controller-eol',
      kinds: [kinds.deployment, kinds.daemonSet, kinds.statefulSet],
      check: (container) => {
        if (ingressNginxTag(container.image) === undefined) return [];
        const path = `${container.path}.image`;
        return [
          {
            message: `The ${describeContainer(container)} is an ingress-nginx controller, a project that has ended and gets no fixes.`,
            paths: [
              { type: 'failed', path },
              { type: 'review', path },
            ],
            found: container.image,
            wanted: 'a controller that is maintained',
          },
        ];
      },
    }),
  ],
};
