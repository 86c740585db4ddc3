import type { Control } from '../../control.ts';
import { kinds } from '../../objects/kinds.ts';
import { ciliumIsolates, declaresDirection } from '../../objects/network-policy.ts';
import { labelsPath } from '../../objects/workload.ts';
import { workloadRule } from '../../rules.ts';

/** Some network policy, of Kubernetes or Cilium, has to restrict the traffic of the workload's pods. */
export const networkPolicy: Control = {
  id: 'C-0030',
  rules: [
    workloadRule({
      name: 'ingress-and-egress-blocked',
      related: [kinds.networkPolicy, kinds.ciliumNetworkPolicy, kinds.ciliumClusterwideNetworkPolicy],
      check: ({ kind, name, namespace, podLabels, podPath }, { related }) => {
        const pod = { namespace, labels: podLabels };
        const isolated =
          related.selecting(kinds.networkPolicy, namespace, podLabels).some(declaresDirection) ||
          related
            .inNamespace(kinds.ciliumNetworkPolicy, namespace)
            .some((policy) => ciliumIsolates(policy, pod, false)) ||
          related.all(kinds.ciliumClusterwideNetworkPolicy).some((policy) => ciliumIsolates(policy, pod, true));
        if (isolated) return [];
        return [
          {
            message: `No network policy restricts the traffic of the pods of ${kind} "${name}".`,
            paths: [{ type: 'review', path: labelsPath(podPath) }],
            wanted: `a NetworkPolicy in namespace "${namespace}" that selects these pods`,
          },
        ];
      },
    }),
  ],
};
