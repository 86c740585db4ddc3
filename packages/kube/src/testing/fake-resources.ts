import type { ApiResource } from '../api/resource.ts';

const all = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

function served(group: string, version: string, kind: string, plural: string, namespaced = true): ApiResource {
  return { group, version, kind, plural, namespaced, verbs: all };
}

/** What the fake serves unless told otherwise: the order of versions in a group is the server's preference. */
export const fakeResources: readonly ApiResource[] = [
  served('', 'v1', 'Pod', 'pods'),
  served('', 'v1', 'Namespace', 'namespaces', false),
  served('', 'v1', 'Node', 'nodes', false),
  served('', 'v1', 'Service', 'services'),
  served('', 'v1', 'ServiceAccount', 'serviceaccounts'),
  served('', 'v1', 'ConfigMap', 'configmaps'),
  served('', 'v1', 'Secret', 'secrets'),
  served('apps', 'v1', 'Deployment', 'deployments'),
  served('apps', 'v1', 'ReplicaSet', 'replicasets'),
  served('apps', 'v1', 'StatefulSet', 'statefulsets'),
  served('apps', 'v1', 'DaemonSet', 'daemonsets'),
  served('batch', 'v1', 'Job', 'jobs'),
  served('batch', 'v1', 'CronJob', 'cronjobs'),
  served('autoscaling', 'v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  served('autoscaling', 'v1', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  served('networking.k8s.io', 'v1', 'NetworkPolicy', 'networkpolicies'),
  served('networking.k8s.io', 'v1', 'Ingress', 'ingresses'),
  served('rbac.authorization.k8s.io', 'v1', 'Role', 'roles'),
  served('rbac.authorization.k8s.io', 'v1', 'RoleBinding', 'rolebindings'),
  served('rbac.authorization.k8s.io', 'v1', 'ClusterRole', 'clusterroles', false),
  served('rbac.authorization.k8s.io', 'v1', 'ClusterRoleBinding', 'clusterrolebindings', false),
  served('coordination.k8s.io', 'v1', 'Lease', 'leases'),
  {
    group: 'authentication.k8s.io',
    version: 'v1',
    kind: 'TokenReview',
    plural: 'tokenreviews',
    namespaced: false,
    verbs: ['create'],
  },
];
