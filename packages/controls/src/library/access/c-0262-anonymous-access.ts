import type { Control } from '../../control.ts';
import { kinds } from '../../objects/kinds.ts';
import { roleRefOf, subjectsOf } from '../../objects/rbac.ts';
import { objectRule } from '../../rules.ts';

const anonymous = new Set(['system:anonymous', 'system:unauthenticated']);
/** What the API server itself gives to requests without credentials: versions and health. */
const harmlessRole = 'system:public-info-viewer';

/** Requests without credentials must not have a role. */
export const anonymousAccess: Control = {
  id: 'C-0262',
  rules: [
    objectRule({
      name: 'anonymous-access-enabled',
      kinds: [kinds.roleBinding, kinds.clusterRoleBinding],
      check: (binding) => {
        const { kind, name } = roleRefOf(binding);
        if (name === harmlessRole) return [];
        return subjectsOf(binding)
          .filter(({ subject }) => anonymous.has(subject.name))
          .map(({ index, subject }) => ({
            message: `${binding.kind} "${binding.metadata.name}" gives ${kind} "${name}" to requests without credentials.`,
            paths: [{ type: 'delete' as const, path: `subjects[${index}]` }],
            found: subject.name,
            wanted: 'subjects that have to log in',
          }));
      },
    }),
  ],
};
