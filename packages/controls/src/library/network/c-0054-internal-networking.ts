import type { Control } from '../../control.ts';
import { kinds } from '../../objects/kinds.ts';
import { ciliumCoversNamespace } from '../../objects/network-policy.ts';
import { objectRule } from '../../rules.ts';

/** Every namespace has at least one network policy. */
export const internalNetworking: Control = {
  id: 'C-0054',
  rules: [
    objectRule({
      name: 'internal-networking',
      kinds: [kinds.namespace],
      related: [kinds.networkPolicy, kinds.ciliumNetworkPolicy, kinds.ciliumClusterwideNetworkPolicy],
      check: ({ metadata: { name } }, { related }) => {
        const covered =
          related.inNamespace(kinds.networkPolicy, name).length > 0 ||
          related.inNamespace(kinds.ciliumNetworkPolicy, name).length > 0 ||
          related.all(kinds.ciliumClusterwideNetworkPolicy).some((policy) => ciliumCoversNamespace(policy, name));
        if (covered) return [];
        return [
          {
            message: `No network policy is defined in namespace "${name}".`,
            paths: [{ type: 'review', path: 'metadata.name' }],
            wanted: 'at least one NetworkPolicy in the namespace',
          },
        ];
      },
    }),
  ],
};

/** The same question under the names that other frameworks give it. */
export const networkMapping: Control = { id: 'C-0049', rules: internalNetworking.rules };
export const namespacePolicies: Control = { id: 'C-0206', rules: internalNetworking.rules };
