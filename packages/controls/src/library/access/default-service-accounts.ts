import type { KubeObject } from '@kso/wire';
import type { Control, ObjectRule } from '../../control.ts';
import { booleanAt } from '../../objects/json.ts';
import { effectiveNamespace, kinds } from '../../objects/kinds.ts';
import { subjectsOf } from '../../objects/rbac.ts';
import { objectRule } from '../../rules.ts';
import { isBootstrapped } from './bootstrapped.ts';

const field = 'automountServiceAccountToken';

/** The default account of a namespace has to refuse its token to pods that do not ask for it. */
const refusesToken = objectRule({
  name: 'automount-default-service-account',
  kinds: [kinds.serviceAccount],
  check: (account) => {
    const value = booleanAt(account, field);
    if (account.metadata.name !== 'default' || value === false) return [];
    return [
      {
        message: `The default service account of namespace "${effectiveNamespace(account)}" gives its token to pods.`,
        paths: [
          ...(value === undefined ? [] : ([{ type: 'failed', path: field }] as const)),
          { type: 'fix', path: field, value: 'false' },
        ],
        ...(value === undefined ? {} : { found: `${field}: ${value}` }),
        wanted: `${field}: false`,
      },
    ];
  },
});

const hasAccounts = objectRule({
  name: 'namespace-without-service-account',
  kinds: [kinds.namespace],
  related: [kinds.serviceAccount],
  check: ({ metadata: { name } }, { related }) =>
    related.inNamespace(kinds.serviceAccount, name).some((account) => account.metadata.name !== 'default')
      ? []
      : [
          {
            message: `Namespace "${name}" has no service account besides the default one.`,
            paths: [{ type: 'review', path: 'metadata.name' }],
            wanted: 'a service account for each application',
          },
        ],
});

/** The default account must have no other roles than those that the cluster comes with. */
const hasNoRoles = defaultAccountUnbound();

function defaultAccountUnbound(): ObjectRule {
  return objectRule({
    name: 'ensure-default-service-accounts-has-only-default-roles',
    kinds: [kinds.roleBinding, kinds.clusterRoleBinding],
    check: (binding: KubeObject) =>
      isBootstrapped(binding)
        ? []
        : subjectsOf(binding)
            .filter(({ subject }) => subject.kind === 'ServiceAccount' && subject.name === 'default')
            .map(({ index, subject }) => ({
              message: `${binding.kind} "${binding.metadata.name}" gives rights to the default service account of namespace "${subject.namespace ?? effectiveNamespace(binding)}".`,
              paths: [{ type: 'delete' as const, path: `subjects[${index}]` }],
              found: 'ServiceAccount default',
              wanted: 'a service account of the application',
            })),
  });
}

/** Default service accounts are not used. */
export const unusedDefaultAccounts: Control = { id: 'C-0189', rules: [refusesToken, hasAccounts] };

/** On EKS: applications have accounts of their own. */
export const dedicatedAccountsEks: Control = { id: 'C-0225', rules: [hasNoRoles, refusesToken] };

/** On AKS: applications have accounts of their own. */
export const dedicatedAccountsAks: Control = { id: 'C-0239', rules: [hasNoRoles] };
