import { groupOf } from '@kso/domain';
import type { GroupKind, KubeObject } from '@kso/wire';

const kind = (group: string, name: string): GroupKind => Object.freeze({ group, kind: name });

/** The kinds that controls read, by the name that is used in code. */
export const kinds = {
  pod: kind('', 'Pod'),
  deployment: kind('apps', 'Deployment'),
  replicaSet: kind('apps', 'ReplicaSet'),
  daemonSet: kind('apps', 'DaemonSet'),
  statefulSet: kind('apps', 'StatefulSet'),
  job: kind('batch', 'Job'),
  cronJob: kind('batch', 'CronJob'),
  namespace: kind('', 'Namespace'),
  node: kind('', 'Node'),
  service: kind('', 'Service'),
  serviceAccount: kind('', 'ServiceAccount'),
  configMap: kind('', 'ConfigMap'),
  secret: kind('', 'Secret'),
  role: kind('rbac.authorization.k8s.io', 'Role'),
  clusterRole: kind('rbac.authorization.k8s.io', 'ClusterRole'),
  roleBinding: kind('rbac.authorization.k8s.io', 'RoleBinding'),
  clusterRoleBinding: kind('rbac.authorization.k8s.io', 'ClusterRoleBinding'),
  networkPolicy: kind('networking.k8s.io', 'NetworkPolicy'),
  ingress: kind('networking.k8s.io', 'Ingress'),
  replicationController: kind('', 'ReplicationController'),
  podTemplate: kind('', 'PodTemplate'),
  endpoints: kind('', 'Endpoints'),
  persistentVolume: kind('', 'PersistentVolume'),
  persistentVolumeClaim: kind('', 'PersistentVolumeClaim'),
  endpointSlice: kind('discovery.k8s.io', 'EndpointSlice'),
  horizontalPodAutoscaler: kind('autoscaling', 'HorizontalPodAutoscaler'),
  csiStorageCapacity: kind('storage.k8s.io', 'CSIStorageCapacity'),
  storageClass: kind('storage.k8s.io', 'StorageClass'),
  podDisruptionBudget: kind('policy', 'PodDisruptionBudget'),
  podSecurityPolicy: kind('policy', 'PodSecurityPolicy'),
  validatingWebhook: kind('admissionregistration.k8s.io', 'ValidatingWebhookConfiguration'),
  mutatingWebhook: kind('admissionregistration.k8s.io', 'MutatingWebhookConfiguration'),
  apiService: kind('apiregistration.k8s.io', 'APIService'),
  apiServerInfo: kind('apiserverinfo.kubescape.cloud', 'APIServerInfo'),
  serviceScanResult: kind('kubescape.io', 'ServiceScanResult'),
  httpRoute: kind('gateway.networking.k8s.io', 'HTTPRoute'),
  tcpRoute: kind('gateway.networking.k8s.io', 'TCPRoute'),
  udpRoute: kind('gateway.networking.k8s.io', 'UDPRoute'),
  virtualService: kind('networking.istio.io', 'VirtualService'),
  istioGateway: kind('networking.istio.io', 'Gateway'),
  kubeletInfo: kind('hostdata.kubescape.cloud', 'KubeletInfo'),
  kubeProxyInfo: kind('hostdata.kubescape.cloud', 'KubeProxyInfo'),
  controlPlaneInfo: kind('hostdata.kubescape.cloud', 'ControlPlaneInfo'),
  cniInfo: kind('hostdata.kubescape.cloud', 'CNIInfo'),
  cloudProviderInfo: kind('hostdata.kubescape.cloud', 'CloudProviderInfo'),
  linuxKernelVariables: kind('hostdata.kubescape.cloud', 'LinuxKernelVariables'),
  eksCluster: kind('eks.amazonaws.com', 'ClusterDescribe'),
  gkeCluster: kind('container.googleapis.com', 'ClusterDescribe'),
  aksCluster: kind('management.azure.com', 'ClusterDescribe'),
  eksRepositories: kind('eks.amazonaws.com', 'DescribeRepositories'),
  gkeRepositories: kind('container.googleapis.com', 'DescribeRepositories'),
  eksPolicyEntities: kind('eks.amazonaws.com', 'ListEntitiesForPolicies'),
  gkePolicyEntities: kind('container.googleapis.com', 'ListEntitiesForPolicies'),
  aksPolicyEntities: kind('management.azure.com', 'ListEntitiesForPolicies'),
  eksPolicies: kind('eks.amazonaws.com', 'PolicyVersion'),
  aksPolicies: kind('management.azure.com', 'PolicyVersion'),
  imageVulnerabilities: kind('image.vulnscan.com', 'ImageVulnerabilities'),
  olderImageVulnerabilities: kind('armo.vuln.images', 'ImageVulnerabilities'),
  sandboxTemplate: kind('extensions.agents.x-k8s.io', 'SandboxTemplate'),
  ciliumNetworkPolicy: kind('cilium.io', 'CiliumNetworkPolicy'),
  ciliumClusterwideNetworkPolicy: kind('cilium.io', 'CiliumClusterwideNetworkPolicy'),
} as const;

/** Every kind that makes pods and is judged as a workload. ReplicationControllers are judged by their pods, which no other workload owns. */
export const workloadKinds: readonly GroupKind[] = [
  kinds.pod,
  kinds.deployment,
  kinds.replicaSet,
  kinds.daemonSet,
  kinds.statefulSet,
  kinds.job,
  kinds.cronJob,
];

/** The kinds that make pods, ReplicationControllers too: for questions whether something runs at all. */
export const podMakingKinds: readonly GroupKind[] = [...workloadKinds, kinds.replicationController];

/** What RBAC subjects and their rights are read from. */
export const rbacKinds: readonly GroupKind[] = [
  kinds.roleBinding,
  kinds.clusterRoleBinding,
  kinds.role,
  kinds.clusterRole,
];

export function kindOf(object: KubeObject): GroupKind {
  return { group: groupOf(object.apiVersion), kind: object.kind };
}

/** `apps/Deployment`, or `Pod` for the core group: a key, and how kinds are named to people. */
export function kindName({ group, kind }: GroupKind): string {
  return group === '' ? kind : `${group}/${kind}`;
}

/** Where an object lives: manifests may name no namespace, and then `kubectl apply` puts it into `default`. */
export function effectiveNamespace(object: KubeObject): string {
  return object.metadata.namespace === undefined || object.metadata.namespace === ''
    ? 'default'
    : object.metadata.namespace;
}
