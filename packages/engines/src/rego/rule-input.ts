import { kindName, kinds, roleRefOf, vectorId, vectorsOf } from '@kso/controls';
import { isRecord } from '@kso/domain';
import type { KubeObject } from '@kso/wire';
import { isSelected, kindsOf } from './match.ts';
import type { RegoObject, RegoObjects } from './objects.ts';
import type { RegoRule } from './port.ts';

/** One element of a rule's `input`: an object, or an RBAC subject with its binding and role. */
export interface InputItem {
  readonly id: string;
  readonly object: Readonly<Record<string, unknown>>;
  readonly namespace: string;
  /** Undefined for subjects. */
  readonly source: RegoObject | undefined;
}

/** The names of the kinds that a rule reads; an aggregator has kinds of its own. */
export function kindNamesOf({ match, dynamicMatch, aggregator }: RegoRule): string[] {
  const rbac = aggregator === 'subject-role-rolebinding' ? rbacKinds : [];
  return [...new Set([...kindsOf([...match, ...dynamicMatch]), ...rbac].map(kindName))].sort();
}

/** Same key, same input: many rules are about all workloads. */
export function inputKey(rule: RegoRule): string {
  const selectors = [...rule.match, ...rule.dynamicMatch].filter(({ fieldSelector }) => fieldSelector.length > 0);
  return JSON.stringify([kindNamesOf(rule), rule.aggregator, selectors]);
}

export function inputOf(rule: RegoRule, objects: RegoObjects): InputItem[] {
  if (rule.aggregator === 'subject-role-rolebinding') return subjectVectors(objects);
  const items = matched(rule, objects);
  return rule.aggregator === 'apiserver-pod' ? items.filter(isApiServer).slice(0, 1) : items;
}

/** Objects from outside the API that the rule asks for, as they are there. */
export function externalItems(rule: RegoRule, objects: RegoObjects): RegoObject[] {
  return kindsOf(rule.dynamicMatch).flatMap((kind) => objects.ofKind(kindName(kind)));
}

function matched(rule: RegoRule, objects: RegoObjects): InputItem[] {
  const entries = [...rule.match, ...rule.dynamicMatch];
  const isFiltered = entries.some(({ fieldSelector }) => fieldSelector.length > 0);
  return kindsOf(entries).flatMap((kind) => {
    const name = kindName(kind);
    const all = objects.ofKind(name);
    const selected = isFiltered ? all.filter(({ object }) => isSelected(object, name, entries)) : all;
    return selected.map((source) => ({
      id: source.id,
      object: source.object,
      namespace: source.namespace,
      source,
    }));
  });
}

function isApiServer({ object, namespace }: InputItem): boolean {
  const { kind, metadata } = object as KubeObject;
  return kind === 'Pod' && namespace === 'kube-system' && metadata.name.includes('apiserver');
}

const rbacKinds = [kinds.role, kinds.clusterRole, kinds.roleBinding, kinds.clusterRoleBinding];

/** One vector for each subject of each binding. A Role is looked for in the namespace of its binding only, other than upstream does. */
function subjectVectors(objects: RegoObjects): InputItem[] {
  const roles = new Map<string, RegoObject>();
  for (const kind of [kinds.role, kinds.clusterRole])
    for (const role of objects.ofKind(kindName(kind)))
      roles.set(roleKey(kind.kind, role.namespace, nameOf(role)), role);

  const bindings = [kinds.roleBinding, kinds.clusterRoleBinding].flatMap((kind) => objects.ofKind(kindName(kind)));
  return bindings.flatMap((binding) => {
    const ref = roleRefOf(binding.object);
    const role = roles.get(roleKey(ref.kind, ref.kind === 'Role' ? binding.namespace : '', ref.name));
    if (role === undefined) return [];
    const ids = new Map([
      [binding.object, binding.id],
      [role.object, role.id],
    ]);
    const written = binding.object['subjects'];
    return vectorsOf(binding.object, [role.object]).map((vector) => {
      const subject: unknown = Array.isArray(written) ? written[vector.subjectIndex] : undefined;
      return {
        id: vectorId(vector, (object) => ids.get(object) ?? ''),
        object: { ...(isRecord(subject) ? subject : {}), relatedObjects: [binding.object, role.object] },
        namespace: vector.subject.namespace ?? binding.namespace,
        source: undefined,
      };
    });
  });
}

function nameOf({ object }: RegoObject): string {
  return object.metadata.name;
}

function roleKey(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}

/**
 * Cuts an input that is too large for one evaluation by namespaces: cluster-scoped objects belong to every part, and a namespace is
 * never divided (scanner.md 14.1). Subjects are independent of each other.
 */
export function batchesOf(rule: RegoRule, items: readonly InputItem[], limit: number): (readonly InputItem[])[] {
  if (items.length <= limit || rule.requiresWholeInput) return [items];
  if (rule.aggregator !== undefined) {
    return Array.from({ length: Math.ceil(items.length / limit) }, (_, at) =>
      items.slice(at * limit, (at + 1) * limit),
    );
  }
  const shared = items.filter(({ namespace }) => namespace === '');
  const byNamespace = Map.groupBy(
    items.filter(({ namespace }) => namespace !== ''),
    ({ namespace }) => namespace,
  );
  const batches: InputItem[][] = [];
  let current: InputItem[] = [];
  for (const members of byNamespace.values()) {
    if (current.length > 0 && current.length + members.length > limit) {
      batches.push(current);
      current = [];
    }
    current.push(...members);
  }
  return [...batches, current].map((batch) => [...shared, ...batch]);
}

/** `input` as JSON in memory that all threads share. */
export function encoded(items: readonly InputItem[]): SharedArrayBuffer {
  const text = Buffer.from(JSON.stringify(items.map(({ object }) => object)));
  const shared = new SharedArrayBuffer(text.byteLength);
  new Uint8Array(shared).set(text);
  return shared;
}
