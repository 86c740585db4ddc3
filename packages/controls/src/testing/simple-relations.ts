import type { GroupKind, KubeObject } from '@kso/wire';
import type { RelatedObjects } from '../control.ts';
import { effectiveNamespace, kindName, kindOf, kinds, podMakingKinds } from '../objects/kinds.ts';
import { podSelectorOf } from '../objects/network-policy.ts';
import { isRoleBinding, roleRefOf, type SubjectVector, subjectKey, vectorsOf } from '../objects/rbac.ts';
import { type LabelSelector, selectorMatches } from '../objects/selector.ts';
import { serviceSelectorOf } from '../objects/service-selector.ts';
import { podLabelsOf } from '../objects/workload.ts';

/** Related objects by looking through all of them: as slow as it is plain, for tests. */
export function simpleRelations(objects: readonly KubeObject[]): RelatedObjects {
  const all = (kind: GroupKind): KubeObject[] =>
    objects.filter((object) => kindName(kindOf(object)) === kindName(kind));
  const inNamespace = (kind: GroupKind, namespace: string): KubeObject[] =>
    all(kind).filter((object) => effectiveNamespace(object) === namespace);
  return {
    all,
    any: (kind) => all(kind).length > 0,
    inNamespace,
    named: (kind, namespace, name) => inNamespace(kind, namespace).filter(({ metadata }) => metadata.name === name),
    selecting: (kind, namespace, labels) =>
      inNamespace(kind, namespace).filter((object) => {
        const selector = selectorOf(kind, object);
        return selector !== undefined && selectorMatches(selector, labels);
      }),
    hasWorkload: (namespace, selector) =>
      podMakingKinds
        .flatMap((kind) => inNamespace(kind, namespace))
        .some((object) => {
          const labels = podLabelsOf(object);
          return labels !== undefined && selectorMatches(selector, labels);
        }),
    grants: (keys) => vectors(objects).filter(({ subject, binding }) => keys.includes(subjectKey(subject, binding))),
  };
}

/** Every subject of every binding with the role behind it. */
export function vectors(objects: readonly KubeObject[]): SubjectVector[] {
  return objects.filter(isRoleBinding).flatMap((binding) => {
    const { kind, name } = roleRefOf(binding);
    const roles = objects.filter(
      (role) =>
        role.kind === kind &&
        role.metadata.name === name &&
        (kind === 'ClusterRole' || effectiveNamespace(role) === effectiveNamespace(binding)),
    );
    return vectorsOf(binding, roles);
  });
}

function selectorOf(kind: GroupKind, object: KubeObject): LabelSelector | undefined {
  if (kindName(kind) === kindName(kinds.networkPolicy)) return podSelectorOf(object);
  return serviceSelectorOf(object);
}
