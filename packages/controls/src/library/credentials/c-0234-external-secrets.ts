import type { Control } from '../../control.ts';
import { recordAt, stringAt } from '../../objects/json.ts';
import { workloadRule } from '../../rules.ts';

/** Workloads get their secrets from a store outside of the cluster. */
export const externalSecrets: Control = {
  id: 'C-0234',
  rules: [
    workloadRule({
      name: 'ensure-external-secrets-storage-is-in-use',
      check: ({ kind, name, volumes, podPath }) =>
        volumes.some(({ raw }) => {
          const attributes = recordAt(recordAt(raw, 'csi'), 'volumeAttributes');
          return Boolean(stringAt(attributes, 'secretProviderClass'));
        })
          ? []
          : [
              {
                message: `${kind} "${name}" gets no secrets from an external store.`,
                paths: [{ type: 'review', path: `${podPath}.volumes` }],
                wanted: 'a CSI volume with a secretProviderClass',
              },
            ],
    }),
  ],
};
