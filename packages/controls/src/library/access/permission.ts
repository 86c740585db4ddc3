import type { Finding, FindingPath } from '@kso/wire';
import type { SubjectRule } from '../../control.ts';
import {
  bindingPosition,
  grantedRules,
  type Permission,
  rolePosition,
  type SubjectVector,
} from '../../objects/rbac.ts';
import { subjectRule } from '../../rules.ts';

export const coreGroup: readonly string[] = ['', '*'];

/**
 * A rule that no subject may hold a permission. `can` completes the sentence "User jane ...". `concerns`: which vectors it is
 * about at all.
 */
export function noSubjectMay(
  name: string,
  can: string,
  permission: Permission,
  concerns: (vector: SubjectVector) => boolean = () => true,
): SubjectRule {
  return subjectRule({
    name,
    check: (vector, { id }) => {
      const granted = concerns(vector) ? grantedRules(vector.rules, permission) : [];
      if (granted.length === 0) return [];
      const { subject, binding, role } = vector;
      const finding: Finding = {
        message: `${subject.kind} "${subject.name}" ${can}, by ${binding.kind} "${binding.metadata.name}" to ${role.kind} "${role.metadata.name}".`,
        paths: [
          ...granted.flatMap(({ paths }) => paths.map((path) => `relatedObjects[${rolePosition}].${path}`)),
          ...bindingPaths(vector),
        ].flatMap((path): FindingPath[] => [
          { type: 'failed', path },
          { type: 'review', path },
        ]),
        found: granted.map(({ rule }) => `${rule.verbs.join(',')} on ${rule.resources.join(',')}`).join('; '),
        wanted: 'a role without this permission, or no binding',
        relatedIds: [id(binding), id(role)],
      };
      return [finding];
    },
  });
}

export function bindingPaths({ subjectIndex }: SubjectVector): string[] {
  const binding = `relatedObjects[${bindingPosition}]`;
  return [`${binding}.subjects[${subjectIndex}]`, `${binding}.roleRef.name`];
}
