import type { Finding } from '@kso/wire';
import type { Control } from '../../control.ts';
import { kinds } from '../../objects/kinds.ts';
import { workloadOf } from '../../objects/workload.ts';
import { workloadRule } from '../../rules.ts';
import { type Component, type ComponentName, componentOf } from './component.ts';

/** The flag by which each of the two is told whom to trust. */
const trustFlags: Readonly<Partial<Record<ComponentName, string>>> = {
  etcd: 'trusted-ca-file',
  'kube-apiserver': 'client-ca-file',
};
const others: Readonly<Partial<Record<ComponentName, ComponentName>>> = {
  etcd: 'kube-apiserver',
  'kube-apiserver': 'etcd',
};

/** Etcd and the API server must not trust the same CA: else each client of the API server could read etcd. */
export const uniqueEtcdCa: Control = {
  id: 'C-0159',
  rules: [
    workloadRule({
      name: 'etcd-unique-ca',
      kinds: [kinds.pod],
      related: [kinds.pod],
      applies: (workload) => others[componentOf(workload)?.program ?? 'kube-scheduler'] !== undefined,
      check: (workload, { related, id }): Finding[] => {
        const component = componentOf(workload);
        const trusted = trustOf(component);
        if (component === undefined || trusted === undefined) return [];
        return related.inNamespace(kinds.pod, workload.namespace).flatMap((object): Finding[] => {
          const other = workloadOf(object);
          const counterpart = other === undefined ? undefined : componentOf(other);
          if (counterpart?.program !== others[component.program]) return [];
          if (trustOf(counterpart)?.value !== trusted.value) return [];
          return [
            {
              message: `Pod "${workload.name}" trusts clients with certificates of ${trusted.value}, and so does pod "${object.metadata.name}".`,
              paths: [
                { type: 'failed', path: trusted.path },
                { type: 'review', path: trusted.path },
              ],
              container: { name: component.container.name, list: component.container.list },
              found: trusted.text,
              wanted: 'a CA of its own for etcd',
              relatedIds: [id(object)],
            },
          ];
        });
      },
    }),
  ],
};

function trustOf(component: Component | undefined) {
  return component?.flags.get(trustFlags[component.program] ?? '');
}
