import type { Control } from '../../control.ts';
import { kinds } from '../../objects/kinds.ts';
import { ciliumSelects } from '../../objects/network-policy.ts';
import { labelsPath } from '../../objects/workload.ts';
import { workloadRule } from '../../rules.ts';

/** Some network policy selects the pods of a workload, whatever it says about them. */
export const missingNetworkPolicy: Control = {
  id: 'C-0260',
  rules: [
    workloadRule({
      name: 'ensure_network_policy_configured_in_labels',
      related: [kinds.networkPolicy, kinds.ciliumNetworkPolicy, kinds.ciliumClusterwideNetworkPolicy],
      check: ({ kind, name, namespace, podLabels, podPath }, { related }) => {
        const pod = { namespace, labels: podLabels };
        const isSelected =
          related.selecting(kinds.networkPolicy, namespace, podLabels).length > 0 ||
          related
            .inNamespace(kinds.ciliumNetworkPolicy, namespace)
            .some((policy) => ciliumSelects(policy, pod, false)) ||
          related.all(kinds.ciliumClusterwideNetworkPolicy).some((policy) => ciliumSelects(policy, pod, true));
        if (isSelected) return [];
        return [
          {
            message: `No network policy selects the pods of ${kind} "${name}".`,
            paths: [{ type: 'review', path: labelsPath(podPath) }],
            wanted: `a NetworkPolicy in namespace "${namespace}" that selects these pods`,
          },
        ];
      },
    }),
  ],
};
