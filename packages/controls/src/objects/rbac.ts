import { isRecord } from '@kso/domain';
import type { KubeObject } from '@kso/wire';
import { recordAt, recordsAt, stringAt, stringsAt } from './json.ts';
import { effectiveNamespace } from './kinds.ts';

/** Who holds rights. `namespace` only for service accounts. */
export interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly apiGroup: string | undefined;
}

export interface PolicyRule {
  /** Position in the role's `rules`. */
  readonly index: number;
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
}

export interface RoleRef {
  readonly kind: string;
  readonly name: string;
}

/** One subject of one binding and the role behind it: what RBAC controls judge. */
export interface SubjectVector {
  readonly subject: Subject;
  /** Position in the binding's `subjects`. */
  readonly subjectIndex: number;
  readonly binding: KubeObject;
  readonly role: KubeObject;
  readonly rules: readonly PolicyRule[];
}

/** Position of binding and role in the `relatedObjects` of a vector, for paths. */
export const bindingPosition = 0;
export const rolePosition = 1;

export function rulesOf(role: KubeObject): PolicyRule[] {
  return recordsAt(role, 'rules').map(({ index, value }) => ({
    index,
    verbs: stringsAt(value, 'verbs'),
    apiGroups: stringsAt(value, 'apiGroups'),
    resources: stringsAt(value, 'resources'),
    resourceNames: stringsAt(value, 'resourceNames'),
  }));
}

export function roleRefOf(binding: KubeObject): RoleRef {
  const ref = recordAt(binding, 'roleRef');
  return { kind: stringAt(ref, 'kind') ?? '', name: stringAt(ref, 'name') ?? '' };
}

export function subjectsOf(binding: KubeObject): readonly { readonly index: number; readonly subject: Subject }[] {
  return recordsAt(binding, 'subjects').map(({ index, value }) => ({
    index,
    subject: {
      kind: stringAt(value, 'kind') ?? '',
      name: stringAt(value, 'name') ?? '',
      namespace: stringAt(value, 'namespace'),
      apiGroup: stringAt(value, 'apiGroup'),
    },
  }));
}

/** The vectors of a binding: one per subject and role found. `roles` are all that carry the name, in the namespace where it counts. */
export function vectorsOf(binding: KubeObject, roles: readonly KubeObject[]): SubjectVector[] {
  const subjects = subjectsOf(binding);
  return roles.flatMap((role) => {
    const rules = rulesOf(role);
    return subjects.map(({ index, subject }) => ({ subject, subjectIndex: index, binding, role, rules }));
  });
}

/** Names a subject for a lookup. A service account without a namespace belongs to that of its binding. */
export function subjectKey(subject: Pick<Subject, 'kind' | 'name' | 'namespace'>, binding?: KubeObject): string {
  if (subject.kind !== 'ServiceAccount') return `${subject.kind}/${subject.name}`;
  const namespace = subject.namespace ?? (binding === undefined ? 'default' : effectiveNamespace(binding));
  return `ServiceAccount/${namespace}/${subject.name}`;
}

/** All names under which a service account holds rights: its own, its user name, and the groups that it is in. */
export function serviceAccountKeys(namespace: string, name: string): readonly string[] {
  return [
    `ServiceAccount/${namespace}/${name}`,
    `User/system:serviceaccount:${namespace}:${name}`,
    `Group/system:serviceaccounts:${namespace}`,
    'Group/system:serviceaccounts',
    'Group/system:authenticated',
  ];
}

export function isRoleBinding(object: KubeObject): boolean {
  return isRecord(object['roleRef']);
}

/** What a control looks for in a role. */
export interface Permission {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  /** Of one object: rules that are limited to objects of other names do not give it. */
  readonly resourceName?: string;
  /** Of all objects: rules that are limited to objects of some names do not give it. */
  readonly ofAll?: true;
}

export interface GrantedRule {
  readonly rule: PolicyRule;
  /** Paths below the role, e.g. `rules[0].verbs[1]`: resources, then verbs, then groups. */
  readonly paths: readonly string[];
}

/** The rules that give at least one of the verbs on one of the resources of one of the groups. */
export function grantedRules(rules: readonly PolicyRule[], wanted: Permission): GrantedRule[] {
  return rules.flatMap((rule) => {
    const { resourceName, ofAll } = wanted;
    const isLimited = rule.resourceNames.length > 0;
    const isOfOthers = resourceName !== undefined && !rule.resourceNames.includes(resourceName);
    if (isLimited && (ofAll === true || isOfOthers)) return [];
    const resources = positions(rule.resources, wanted.resources);
    const verbs = positions(rule.verbs, wanted.verbs);
    const apiGroups = positions(rule.apiGroups, wanted.apiGroups);
    if (resources.length === 0 || verbs.length === 0 || apiGroups.length === 0) return [];
    const at = (field: string) => (index: number) => `rules[${rule.index}].${field}[${index}]`;
    return [
      {
        rule,
        paths: [...resources.map(at('resources')), ...verbs.map(at('verbs')), ...apiGroups.map(at('apiGroups'))],
      },
    ];
  });
}

function positions(list: readonly string[], wanted: readonly string[]): number[] {
  return list.flatMap((value, index) => (wanted.includes(value) ? [index] : []));
}
