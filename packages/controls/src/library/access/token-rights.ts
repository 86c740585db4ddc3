import type { Finding } from '@kso/wire';
import type { Control, WorkloadRule } from '../../control.ts';
import { kinds, rbacKinds } from '../../objects/kinds.ts';
import { grantedRules, type SubjectVector, serviceAccountKeys } from '../../objects/rbac.ts';
import { workloadRule } from '../../rules.ts';
import { isBootstrapped } from './bootstrapped.ts';
import { mountsToken, serviceAccountsOf } from './token-mount.ts';

const everything = { verbs: ['*'], apiGroups: ['', '*'], resources: ['*'] };

/** Rights of all who can log in are not those of one token; C-0265 judges them. */
const everybody = 'system:authenticated';

/** A token that opens something should be in those pods only that need it. What every account may do by default does not count. */
export const tokenMounted: Control = {
  id: 'C-0261',
  rules: [
    noTokenWith(
      'serviceaccount-token-mount',
      ({ binding, subject }) => !isBootstrapped(binding) && subject.name !== everybody,
      'no mounted token, or no rights behind it',
    ),
  ],
};

/** No pod carries a token that opens everything. */
export const administrativeWorkload: Control = {
  id: 'C-0272',
  rules: [
    noTokenWith(
      'workload-with-administrative-roles',
      ({ rules }) => grantedRules(rules, everything).length > 0,
      'a role with the rights that are needed, or no mounted token',
    ),
  ],
};

function noTokenWith(name: string, is: (vector: SubjectVector) => boolean, wanted: string): WorkloadRule {
  return workloadRule({
    name,
    related: [kinds.serviceAccount, ...rbacKinds],
    check: (workload, { related, id }) => {
      const accounts = serviceAccountsOf(workload, related);
      if (!mountsToken(workload, accounts)) return [];
      const { kind, name: workloadName, namespace, serviceAccountName } = workload;
      return related
        .grants(serviceAccountKeys(namespace, serviceAccountName))
        .filter(is)
        .map(
          ({ binding, role, subjectIndex }): Finding => ({
            message: `The pods of ${kind} "${workloadName}" carry the token of service account "${serviceAccountName}", which ${binding.kind} "${binding.metadata.name}" gives ${role.kind} "${role.metadata.name}".`,
            paths: [{ type: 'review', path: `subjects[${subjectIndex}]`, resourceId: id(binding) }],
            found: `${role.kind} ${role.metadata.name}`,
            wanted,
            relatedIds: [...accounts.map(id), id(binding), id(role)],
          }),
        );
    },
  });
}
