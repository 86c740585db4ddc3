import { hash } from 'node:crypto';
import { type LabelSelector, parseSelector, recordAt, recordsAt, selectorMatches } from '@kso/domain';
import type { ObjectRecord } from './port.ts';

/**
 * Selectors of a ClusterRole whose rules are still to be put together from others. In a cluster the controller writes them into the
 * object; in manifests the list is empty, and the role would look like one that may do nothing.
 */
export function aggregates({ object }: ObjectRecord): readonly LabelSelector[] {
  const selectors = recordsAt(recordAt(object, 'aggregationRule'), 'clusterRoleSelectors');
  if (selectors.length === 0 || recordsAt(object, 'rules').length > 0) return [];
  return selectors.flatMap(({ value }) => parseSelector(value) ?? []);
}

/**
 * The role as the controller would write it; parts that are put together themselves count as what they become, as `edit` does in `admin`.
 * The order of what it takes is that of the names, so that the same roles give the same one.
 */
export function aggregated(role: ObjectRecord, clusterRoles: Iterable<ObjectRecord>): ObjectRecord {
  const all = [...clusterRoles];
  const parts = partsOf(role, all, new Set([role.key]));
  const sorted = [...parts].sort((a, b) => (a.key < b.key ? -1 : 1));
  const rules = sorted.flatMap(({ object }) => recordsAt(object, 'rules').map(({ value }) => value));
  const state = [role, ...sorted].map((each) => each.hash()).join(' ');
  return { ...role, object: { ...role.object, rules }, hash: () => hash('sha256', state, 'base64url') };
}

/** Each once, also where roles take each other. */
function partsOf(role: ObjectRecord, all: readonly ObjectRecord[], seen: Set<string>): Set<ObjectRecord> {
  const selectors = aggregates(role);
  const parts = new Set<ObjectRecord>();
  for (const other of all) {
    if (seen.has(other.key) || !isSelected(selectors, other)) continue;
    seen.add(other.key);
    parts.add(other);
    for (const part of partsOf(other, all, seen)) parts.add(part);
  }
  return parts;
}

function isSelected(selectors: readonly LabelSelector[], { object }: ObjectRecord): boolean {
  return selectors.some((selector) => selectorMatches(selector, object.metadata.labels ?? {}));
}
