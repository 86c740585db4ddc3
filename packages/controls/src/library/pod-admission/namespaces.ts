import type { UnknownRecord } from '@kso/domain';
import type { KubeObject } from '@kso/wire';
import type { Control, ObjectRule, RelatedObjects } from '../../control.ts';
import { recordsAt, stringAt, stringsAt } from '../../objects/json.ts';
import { kinds } from '../../objects/kinds.ts';
import { objectRule } from '../../rules.ts';

const label = 'pod-security.kubernetes.io/enforce';
type Level = 'any' | 'baseline' | 'restricted';

const levels: Readonly<Record<Level, readonly string[]>> = {
  any: ['privileged', 'baseline', 'restricted'],
  baseline: ['baseline', 'restricted'],
  restricted: ['restricted'],
};

const baseline = ['C-0193', 'C-0194', 'C-0195', 'C-0196', 'C-0199', 'C-0202', 'C-0203', 'C-0204'] as const;
const restricted = ['C-0197', 'C-0198', 'C-0200', 'C-0201'] as const;

const enforcesBaseline = enforces('pod-security-admission-baseline-applied-1', 'baseline');
const enforcesRestricted = enforces('pod-security-admission-restricted-applied-1', 'restricted');

/** Pod security admission keeps bad pods out of every namespace: one question under many names, by the level that it takes. */
export const podAdmissionControls: readonly Control[] = [
  { id: 'C-0192', rules: [enforces('pod-security-admission-applied-1', 'any')] },
  ...baseline.map((id): Control => ({ id, rules: [enforcesBaseline] })),
  ...restricted.map((id): Control => ({ id, rules: [enforcesRestricted] })),
];

/** A policy engine with a validating and a mutating webhook may do the same work as the label. */
function enforces(name: string, level: Level): ObjectRule {
  return objectRule({
    name,
    kinds: [kinds.namespace],
    related: [kinds.validatingWebhook, kinds.mutatingWebhook],
    check: (namespace, { related }) => {
      const found = namespace.metadata.labels?.[label];
      if (found !== undefined && levels[level].includes(found)) return [];
      if (hasPolicyEngine(related)) return [];
      const wanted = level === 'any' ? 'baseline' : level;
      const path = `metadata.labels[${label}]`;
      return [
        {
          message: `Namespace "${namespace.metadata.name}" ${level === 'any' ? 'enforces no pod security level' : `does not enforce the pod security level ${wanted}`}.`,
          paths: [
            ...(found === undefined ? [] : ([{ type: 'failed', path }] as const)),
            { type: 'fix', path, value: wanted },
          ],
          ...(found === undefined ? {} : { found: `${label}: ${found}` }),
          wanted: `${label}: ${levels[level].join(' or ')}`,
        },
      ];
    },
  });
}

function hasPolicyEngine(related: RelatedObjects): boolean {
  return related.all(kinds.validatingWebhook).some(looksAtPods) && related.all(kinds.mutatingWebhook).length > 0;
}

/** Most webhooks are about the objects of their own product, and see no pod. */
function looksAtPods(configuration: KubeObject): boolean {
  const includes = (rule: UnknownRecord, field: string, ...wanted: readonly string[]): boolean =>
    stringsAt(rule, field).some((item) => wanted.includes(item));
  return recordsAt(configuration, 'webhooks').some(({ value }) =>
    recordsAt(value, 'rules').some(
      ({ value: rule }) =>
        stringAt(rule, 'scope') !== 'Cluster' &&
        includes(rule, 'apiGroups', '', '*') &&
        includes(rule, 'resources', 'pods', '*', '*/*', 'pods/*'),
    ),
  );
}
