import type { Control } from '../../control.ts';
import { kinds } from '../../objects/kinds.ts';
import { workloadRule } from '../../rules.ts';
import { mountsToken, serviceAccountsOf } from './token-mount.ts';

const field = 'automountServiceAccountToken';

/** Pods must not get the token of their service account, by their own word or because neither they nor the account refuse it. */
export const serviceAccountToken: Control = {
  id: 'C-0034',
  rules: [
    workloadRule({
      name: 'automount-service-account',
      related: [kinds.serviceAccount],
      check: (workload, { related, id }) => {
        const accounts = serviceAccountsOf(workload, related);
        if (!mountsToken(workload, accounts)) return [];
        const { kind, name, serviceAccountName, podPath, automountServiceAccountToken: value } = workload;
        const path = `${podPath}.${field}`;
        return [
          {
            message: `The pods of ${kind} "${name}" get the token of service account "${serviceAccountName}".`,
            paths: [
              ...(value === undefined ? [] : ([{ type: 'failed', path }] as const)),
              { type: 'fix', path, value: 'false' },
            ],
            ...(value === undefined ? {} : { found: `${field}: ${value}` }),
            wanted: `${field}: false`,
            relatedIds: accounts.map(id),
          },
        ];
      },
    }),
  ],
};

/** The same question under the name that the CIS benchmark gives it. */
export const necessaryTokens: Control = { id: 'C-0190', rules: serviceAccountToken.rules };
