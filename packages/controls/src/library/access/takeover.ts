import { grantedRules, type Permission, type PolicyRule } from '../../objects/rbac.ts';
import { coreGroup } from './permission.ts';

export const readSecrets: Permission = {
  verbs: ['get', 'list', 'watch', '*'],
  apiGroups: coreGroup,
  resources: ['secrets', '*'],
};

const makePods: Permission = {
  verbs: ['create', 'update', 'patch', '*'],
  apiGroups: coreGroup,
  resources: ['pods', '*'],
};

/** True if the rules let their holder take over the cluster: run pods of its choice, or read the credentials of others. */
export function allowsTakeover(rules: readonly PolicyRule[]): boolean {
  return grantedRules(rules, makePods).length > 0 || grantedRules(rules, readSecrets).length > 0;
}
