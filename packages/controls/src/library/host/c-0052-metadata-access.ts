import type { Verdict } from '@kso/wire';
import { type Control, untold, verdictOf } from '../../control.ts';
import { booleanAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { hostDataOf } from './file.ts';

/** From a node nobody gets at the metadata service of the cloud, which hands out credentials of the node. */
export const metadataAccess: Control = {
  id: 'C-0052',
  rules: [
    {
      target: 'object',
      name: 'instance-metadata-api-access',
      kinds: [kinds.cloudProviderInfo],
      related: [],
      inputs: [],
      check: (object): Verdict => {
        const { data, at } = hostDataOf(object);
        const access = booleanAt(data, 'providerMetaDataAPIAccess');
        const { name } = object.metadata;
        if (access === undefined) return untold(`node "${name}" does not tell whether it reaches the metadata service`);
        if (!access) return verdictOf([]);
        const path = `${at}.providerMetaDataAPIAccess`;
        return verdictOf([
          {
            message: `Node "${name}" reaches the metadata service of its cloud, and what runs on it may get the node's credentials.`,
            paths: [
              { type: 'failed', path },
              { type: 'review', path },
            ],
            found: 'providerMetaDataAPIAccess: true',
            wanted: 'no way from pods to the metadata service',
          },
        ]);
      },
    },
  ],
};
