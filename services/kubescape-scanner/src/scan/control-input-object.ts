import { type ResolvedControlInputs, withInputLayer } from '@kso/controls';
import { groupOf, isRecord } from '@kso/domain';
import type { PosturePolicy } from '@kso/engines';
import type { GroupKind, KubeObject } from '@kso/wire';

/** Control inputs that people keep as an object of the cluster (scanner.md 13): cluster-scoped, and the one named `default` counts. */
export const controlInputKind: GroupKind = { group: 'kubescape.io', kind: 'ControlInput' };

const counting = 'default';

export function isControlInput({ apiVersion, kind }: KubeObject): boolean {
  return kind === controlInputKind.kind && groupOf(apiVersion) === controlInputKind.group;
}

export function isCountingInput({ metadata }: KubeObject): boolean {
  return metadata.name === counting;
}

/** The policy with the inputs of the object, which count after a file and the account and before a release. */
export function withControlInput(policy: PosturePolicy, object: KubeObject | undefined): PosturePolicy {
  if (object === undefined) return policy;
  const inputs: ResolvedControlInputs = withInputLayer(policy.inputs, {
    source: 'cluster',
    origin: `${controlInputKind.kind} ${counting}`,
    value: { spec: { controls: controlsOf(object) } },
  });
  const others = policy.degradations.filter((each) => !policy.inputs.degradations.includes(each));
  return { ...policy, inputs, degradations: [...others, ...inputs.degradations] };
}

/** Numbers are taken as texts, as the existing product does: `max_critical_vulnerabilities: [5]`. */
function controlsOf({ spec }: KubeObject): unknown {
  const controls = isRecord(spec) ? (spec['controls'] ?? {}) : {};
  if (!isRecord(controls)) return controls;
  return Object.fromEntries(
    Object.entries(controls).map(([name, list]) => [name, Array.isArray(list) ? list.map(textOfNumber) : list]),
  );
}

function textOfNumber(item: unknown): unknown {
  return typeof item === 'number' ? String(item) : item;
}
