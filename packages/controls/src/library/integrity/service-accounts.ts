import type { Control } from '../../control.ts';
import { has, stringAt } from '../../objects/json.ts';
import { kinds, podMakingKinds } from '../../objects/kinds.ts';
import { workloadRule } from '../../rules.ts';

/** Workloads name their service account in the field that counts. */
export const deprecatedServiceAccount: Control = {
  id: 'C-0294',
  rules: [
    workloadRule({
      name: 'deprecated-service-account-field',
      kinds: podMakingKinds,
      check: ({ kind, name, podSpec, podPath }) => {
        const old = stringAt(podSpec, 'serviceAccount') ?? '';
        const present = stringAt(podSpec, 'serviceAccountName') ?? '';
        if (old === '' || old === present) return [];
        const path = `${podPath}.serviceAccount`;
        return [
          {
            message: `${kind} "${name}" names its service account in the old field serviceAccount.`,
            paths: [
              { type: 'failed', path },
              { type: 'delete', path },
              ...(present === '' ? [{ type: 'fix', path: `${podPath}.serviceAccountName`, value: old } as const] : []),
            ],
            found: present === '' ? `serviceAccount: ${old}` : `serviceAccount: ${old}, serviceAccountName: ${present}`,
            wanted: 'serviceAccountName only',
          },
        ];
      },
    }),
  ],
};

/** The service account of a workload exists; the default one is made by the cluster. */
export const missingServiceAccount: Control = {
  id: 'C-0307',
  rules: [
    workloadRule({
      name: 'non-existent-service-account',
      kinds: podMakingKinds,
      related: [kinds.serviceAccount],
      check: ({ kind, name, namespace, serviceAccountName, podSpec, podPath }, { related }) => {
        if (serviceAccountName === 'default') return [];
        if (related.named(kinds.serviceAccount, namespace, serviceAccountName).length > 0) return [];
        const path = `${podPath}.${has(podSpec, 'serviceAccountName') ? 'serviceAccountName' : 'serviceAccount'}`;
        return [
          {
            message: `${kind} "${name}" runs as service account "${serviceAccountName}", which does not exist in namespace "${namespace}".`,
            paths: [
              { type: 'failed', path },
              { type: 'review', path },
            ],
            found: serviceAccountName,
            wanted: 'a service account that exists',
          },
        ];
      },
    }),
  ],
};
