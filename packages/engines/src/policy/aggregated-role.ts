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

/** The role as the controller would write it. The order of what it takes is that of the names, so that the same roles give the same one. */
export function aggregated(role: ObjectRecord, clusterRoles: Iterable<ObjectRecord>): ObjectRecord {
  const selectors = aggregates(role);
  const parts = [...clusterRoles]
    .filter((other) => other.key !== role.key && isSelected(selectors, other))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const rules = parts.flatMap(({ object }) => recordsAt(object, 'rules').map(({ value }) => value));
  const state = [role, ...parts].map((each) => each.hash()).join(' ');
  return { ...role, object: { ...role.object, rules }, hash: () => hash('sha256', state, 'base64url') };
}

function isSelected(selectors: readonly LabelSelector[], { object }: ObjectRecord): boolean {
  return selectors.some((selector) => selectorMatches(selector, object.metadata.labels ?? {}));
}
