import { isRecord, type UnknownRecord } from '@kso/domain';
import type { KubeObject } from '@kso/wire';
import { has, listAt, recordAt, recordsAt, stringMapAt, stringsAt } from './json.ts';
import { effectiveNamespace } from './kinds.ts';
import { type LabelSelector, type Labels, parseSelector, selectorMatches } from './selector.ts';

/** Pod labels of a workload with the namespace they live in. */
export interface PodIdentity {
  readonly namespace: string;
  readonly labels: Labels;
}

/** True if the NetworkPolicy restricts traffic in at least one direction. */
export function declaresDirection(policy: KubeObject): boolean {
  const spec = recordAt(policy, 'spec');
  const types = stringsAt(spec, 'policyTypes');
  // Without `policyTypes` the API server fills in Ingress, so such a policy isolates its pods as well.
  return types.length === 0 ? isRecord(policy['spec']) : types.includes('Ingress') || types.includes('Egress');
}

export function podSelectorOf(policy: KubeObject): LabelSelector {
  return parseSelector(recordAt(policy, 'spec')['podSelector']) ?? { labels: [], requirements: [] };
}

/** True if a rule of a Cilium policy selects the pod, whether it restricts anything or not. */
export function ciliumSelects(policy: KubeObject, pod: PodIdentity, clusterwide: boolean): boolean {
  return ciliumMatches(policy, pod, clusterwide, () => true);
}

/** A Cilium policy as seen by the controls: each of its rules with what it selects and whether it restricts anything. */
export function ciliumIsolates(policy: KubeObject, pod: PodIdentity, clusterwide: boolean): boolean {
  return ciliumMatches(policy, pod, clusterwide, restricts);
}

function ciliumMatches(
  policy: KubeObject,
  pod: PodIdentity,
  clusterwide: boolean,
  counts: (rule: UnknownRecord) => boolean,
): boolean {
  if (!clusterwide && effectiveNamespace(policy) !== pod.namespace) return false;
  const labels = clusterwide ? { ...pod.labels, [namespaceLabel]: pod.namespace } : pod.labels;
  return ciliumRules(policy).some((rule) => {
    const selector = endpointSelectorOf(rule);
    return counts(rule) && selector !== undefined && selectorMatches(selector, labels);
  });
}

/** True if a clusterwide policy can select pods of the namespace at all. */
export function ciliumCoversNamespace(policy: KubeObject, namespace: string): boolean {
  return ciliumRules(policy).some((rule) => {
    const selector = endpointSelectorOf(rule);
    if (selector === undefined || !restricts(rule)) return false;
    const ofNamespace = {
      labels: selector.labels.filter(([key]) => key === namespaceLabel),
      requirements: selector.requirements.filter(({ key }) => key === namespaceLabel),
    };
    return selectorMatches(ofNamespace, { [namespaceLabel]: namespace });
  });
}

const namespaceLabel = 'io.kubernetes.pod.namespace';
const directions = ['ingress', 'egress', 'ingressDeny', 'egressDeny'];

function ciliumRules(policy: KubeObject): readonly UnknownRecord[] {
  const spec = policy['spec'];
  return [...(isRecord(spec) ? [spec] : []), ...recordsAt(policy, 'specs').map(({ value }) => value)];
}

function restricts(rule: UnknownRecord): boolean {
  return directions.some((direction) => has(rule, direction) && Array.isArray(listAt(rule, direction)));
}

/** Cilium writes label sources before keys (`k8s:app`, `any:app`); undefined for rules that select nodes. */
function endpointSelectorOf(rule: UnknownRecord): LabelSelector | undefined {
  if (!has(rule, 'endpointSelector')) return undefined;
  const written = recordAt(rule, 'endpointSelector');
  const selector = parseSelector(written);
  if (selector === undefined) return undefined;
  const plain = (key: string): string => key.replace(/^(?:k8s|any)[:.]/, '');
  return {
    labels: Object.entries(stringMapAt(written, 'matchLabels')).map(([key, value]) => [plain(key), value] as const),
    requirements: selector.requirements.map((requirement) => ({ ...requirement, key: plain(requirement.key) })),
  };
}
