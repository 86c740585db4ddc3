import type { Finding } from '@kso/wire';
import type { Control } from '../../control.ts';
import { booleanAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { objectRule, workloadRule } from '../../rules.ts';
import { mountsToken, serviceAccountsOf } from './token-mount.ts';

const name = 'automount-service-account';
const field = 'automountServiceAccountToken';

/** Tokens of service accounts are mounted only where the pod does not leave it to the default. */
export const serviceAccountToken: Control = {
  id: 'C-0034',
  rules: [
    workloadRule({
      name,
      related: [kinds.serviceAccount],
      check: (workload, { related }) => {
        if (!mountsToken(workload, serviceAccountsOf(workload, related))) return [];
        return [
          tokenFinding(
            `The pods of ${workload.kind} "${workload.name}" get the token of service account "${workload.serviceAccountName}".`,
            `${workload.podPath}.${field}`,
            workload.automountServiceAccountToken,
          ),
        ];
      },
    }),
    objectRule({
      name,
      kinds: [kinds.serviceAccount],
      check: (account) => {
        const value = booleanAt(account, field);
        if (value === false) return [];
        return [
          tokenFinding(
            `Service account "${account.metadata.name}" gives its token to every pod that does not refuse it.`,
            field,
            value,
          ),
        ];
      },
    }),
  ],
};

function tokenFinding(message: string, path: string, value: boolean | undefined): Finding {
  return {
    message,
    paths: [
      ...(value === undefined ? [] : ([{ type: 'failed', path }] as const)),
      { type: 'fix', path, value: 'false' },
    ],
    ...(value === undefined ? {} : { found: `${field}: ${value}` }),
    wanted: `${field}: false`,
  };
}
