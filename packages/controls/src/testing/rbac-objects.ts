import type { KubeObject } from '@kso/wire';

const rbac = 'rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';

export interface RuleOptions {
  readonly verbs: readonly string[];
  readonly resources: readonly string[];
  readonly apiGroups?: readonly string[];
}

export function clusterRole(name: string, ...rules: readonly RuleOptions[]): KubeObject {
  return { apiVersion: rbac, kind: 'ClusterRole', metadata: { name }, rules: rules.map(withGroups) };
}

export function role(name: string, namespace: string, ...rules: readonly RuleOptions[]): KubeObject {
  return { apiVersion: rbac, kind: 'Role', metadata: { name, namespace }, rules: rules.map(withGroups) };
}

export function clusterRoleBinding(roleName: string, ...subjects: readonly object[]): KubeObject {
  const roleRef = { apiGroup, kind: 'ClusterRole', name: roleName };
  return { apiVersion: rbac, kind: 'ClusterRoleBinding', metadata: { name: `${roleName}-binding` }, roleRef, subjects };
}

export function roleBinding(
  roleName: string,
  namespace: string,
  subjects: readonly object[],
  roleKind: 'Role' | 'ClusterRole' = 'Role',
): KubeObject {
  const roleRef = { apiGroup, kind: roleKind, name: roleName };
  const metadata = { name: `${roleName}-binding`, namespace };
  return { apiVersion: rbac, kind: 'RoleBinding', metadata, roleRef, subjects };
}

export const user = (name: string): object => ({ apiGroup, kind: 'User', name });
export const group = (name: string): object => ({ apiGroup, kind: 'Group', name });
export const serviceAccount = (name: string, namespace?: string): object => ({
  kind: 'ServiceAccount',
  name,
  ...(namespace === undefined ? {} : { namespace }),
});

function withGroups({ apiGroups = [''], ...rule }: RuleOptions): object {
  return { apiGroups, ...rule };
}
