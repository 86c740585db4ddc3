import type { GroupKind } from '@kso/wire';
import type { Control } from '../../control.ts';
import { kinds } from '../../objects/kinds.ts';
import { objectRule } from '../../rules.ts';

/** Controls that show what exists: every object of the kind is to be looked at by people. */
export const inventoryControls: readonly Control[] = [
  every('C-0026', 'rule-deny-cronjobs', kinds.cronJob, 'runs something again and again'),
  every('C-0036', 'list-all-validating-webhooks', kinds.validatingWebhook, 'sees what is sent to the API server'),
  every('C-0039', 'list-all-mutating-webhooks', kinds.mutatingWebhook, 'can change what is sent to the API server'),
  every(
    'C-0209',
    'list-all-namespaces',
    kinds.namespace,
    'has to be judged: does it set a team or an application apart?',
  ),
  every(
    'C-0232',
    'review-roles-with-aws-iam-authenticator',
    kinds.role,
    'has to be reviewed: are its users managed by IAM?',
  ),
];

function every(id: string, name: string, kind: GroupKind, what: string): Control {
  return {
    id,
    rules: [
      objectRule({
        name,
        kinds: [kind],
        check: (object) => [
          {
            message: `${object.kind} "${object.metadata.name}" ${what}${what.endsWith('?') ? '' : '.'}`,
            paths: [{ type: 'review', path: 'metadata.name' }],
            found: object.metadata.name,
            wanted: 'objects that somebody knows and has reviewed',
          },
        ],
      }),
    ],
  };
}
