import type { Finding } from '@kso/wire';
import type { Control } from '../../control.ts';
import { kinds, rbacKinds } from '../../objects/kinds.ts';
import { serviceAccountKeys } from '../../objects/rbac.ts';
import { workloadRule } from '../../rules.ts';
import { allowsTakeover } from './takeover.ts';
import { mountsToken, serviceAccountsOf } from './token-mount.ts';

/** A workload must not carry a token with which the cluster could be taken over. */
export const clusterTakeoverRoles: Control = {
  id: 'C-0267',
  rules: [
    workloadRule({
      name: 'workload-with-cluster-takeover-roles',
      related: [kinds.serviceAccount, ...rbacKinds],
      check: (workload, { related, id }) => {
        const accounts = serviceAccountsOf(workload, related);
        if (!mountsToken(workload, accounts)) return [];
        const { kind, name, namespace, serviceAccountName } = workload;
        return related
          .grants(serviceAccountKeys(namespace, serviceAccountName))
          .filter(({ rules }) => allowsTakeover(rules))
          .map(({ binding, role, subjectIndex }): Finding => {
            const path = `subjects[${subjectIndex}]`;
            return {
              message: `The pods of ${kind} "${name}" carry the token of service account "${serviceAccountName}", which ${binding.kind} "${binding.metadata.name}" gives ${role.kind} "${role.metadata.name}".`,
              paths: [{ type: 'delete', path, resourceId: id(binding) }],
              found: `${role.kind} ${role.metadata.name}`,
              wanted: 'no right to make pods or to read Secrets, or no mounted token',
              relatedIds: [...accounts.map(id), id(binding), id(role)],
            };
          });
      },
    }),
  ],
};
