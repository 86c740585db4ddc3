import type { Control } from '../control.ts';
import { execIntoContainer } from './access/c-0002-exec-into-container.ts';
import { dashboardAccess } from './access/c-0014-dashboard.ts';
import { listSecrets } from './access/c-0015-read-secrets.ts';
import { necessaryTokens, serviceAccountToken } from './access/c-0034-service-account-token.ts';
import { administrativeRoles } from './access/c-0035-administrative-roles.ts';
import { anonymousAccess } from './access/c-0262-anonymous-access.ts';
import { clusterTakeoverRoles } from './access/c-0267-cluster-takeover-roles.ts';
import {
  dedicatedAccountsAks,
  dedicatedAccountsEks,
  unusedDefaultAccounts,
} from './access/default-service-accounts.ts';
import { permissionControls } from './access/permissions.ts';
import { boundServiceAccounts, clusterAdmin, everybodyElevated } from './access/subjects.ts';
import { administrativeWorkload, tokenMounted } from './access/token-rights.ts';
import { egressPolicy, hardenedRuntime, imageProvenance, resourceCeilings } from './agent-sandbox/sandbox.ts';
import { aksControls } from './cloud/aks.ts';
import { eksControls } from './cloud/eks.ts';
import { managedClusterControls } from './cloud/managed-clusters.ts';
import { registryControls } from './cloud/registries.ts';
import { apiServerControls } from './control-plane/api-server.ts';
import { insecurePort } from './control-plane/c-0005-insecure-port.ts';
import { uniqueEtcdCa } from './control-plane/c-0159-unique-etcd-ca.ts';
import { kubeProxyMetrics } from './control-plane/c-0291-kube-proxy-metrics.ts';
import { controllerManagerControls } from './control-plane/controller-manager.ts';
import { etcdControls } from './control-plane/etcd.ts';
import { schedulerControls } from './control-plane/scheduler.ts';
import { credentialsInConfiguration } from './credentials/c-0012-credentials-in-configuration.ts';
import { cloudCredentials } from './credentials/c-0020-cloud-credentials.ts';
import { secretsInEnvironment } from './credentials/c-0207-secrets-in-environment.ts';
import { externalSecrets } from './credentials/c-0234-external-secrets.ts';
import { secretAccess } from './credentials/c-0255-secret-access.ts';
import { credentialAccess } from './credentials/c-0259-credential-access.ts';
import { sudoInEntrypoint } from './entrypoint/c-0062-sudo.ts';
import { duplicateEnvironment } from './entrypoint/c-0295-duplicate-environment.ts';
import { guarded } from './guarded.ts';
import { auditPolicy } from './host/audit-policy.ts';
import { metadataAccess } from './host/c-0052-metadata-access.ts';
import { encryptionConfigured, encryptionProviders, externalKeys } from './host/encryption.ts';
import { fileControls } from './host/file-controls.ts';
import { kubeletControls } from './host/kubelet-controls.ts';
import { policiesEnabledEks, policiesSupported } from './host/network-plugins.ts';
import { matchingSelector } from './integrity/c-0296-selector.ts';
import { rollingUpdate } from './integrity/c-0305-rolling-update.ts';
import {
  autoscalerWithoutTarget,
  ingressWithoutService,
  policyWithoutWorkload,
  routeWithoutService,
  serviceWithoutWorkload,
} from './integrity/dangling.ts';
import { deprecatedServiceAccount, missingServiceAccount } from './integrity/service-accounts.ts';
import { inventoryControls } from './inventory/inventory.ts';
import { subPathSymlink } from './known-vulnerabilities/c-0058-subpath-symlink.ts';
import { ingressSnippetAnnotation } from './known-vulnerabilities/c-0059-ingress-snippet-annotation.ts';
import { kernelEscape } from './known-vulnerabilities/c-0079-kernel-escape.ts';
import { aggregatedApiRedirect } from './known-vulnerabilities/c-0089-aggregated-api-redirect.ts';
import { ingressNginxEndOfLife } from './known-vulnerabilities/c-0292-ingress-nginx-end-of-life.ts';
import { imageControls } from './known-vulnerabilities/images.ts';
import {
  containerdEscape,
  containerOptimizedOs,
  fargateInUse,
  supportedRelease,
} from './known-vulnerabilities/nodes.ts';
import { productControls } from './known-vulnerabilities/products.ts';
import { commonLabels, recommendedLabels } from './labels/labels.ts';
import { networkPolicy } from './network/c-0030-network-policy.ts';
import { hostPort } from './network/c-0044-host-port.ts';
import { internalNetworking, namespacePolicies, networkMapping } from './network/c-0054-internal-networking.ts';
import { externalFacing } from './network/c-0256-external-facing.ts';
import { missingNetworkPolicy } from './network/c-0260-missing-network-policy.ts';
import { gatewayExposure } from './network/c-0266-gateways.ts';
import {
  authenticatedService,
  awsLoadBalancerTls,
  azureLoadBalancerTls,
  ingressTls,
  sensitiveInterfaces,
  sshServer,
} from './network/services.ts';
import { nakedPods } from './placement/c-0073-naked-pods.ts';
import { objectsInDefault, workloadsInDefault } from './placement/default-namespace.ts';
import { podAdmissionControls } from './pod-admission/namespaces.ts';
import { podSecurityPolicyControls } from './pod-admission/pod-security-policies.ts';
import { nonRootContainers } from './privileges/c-0013-non-root-containers.ts';
import { privilegeEscalation } from './privileges/c-0016-privilege-escalation.ts';
import { immutableFilesystem } from './privileges/c-0017-immutable-filesystem.ts';
import { hostPidIpc } from './privileges/c-0038-host-pid-ipc.ts';
import { hostNetwork } from './privileges/c-0041-host-network.ts';
import { insecureCapabilities } from './privileges/c-0046-insecure-capabilities.ts';
import { linuxHardening } from './privileges/c-0055-linux-hardening.ts';
import { privilegedContainer } from './privileges/c-0057-privileged-container.ts';
import { runtimeSeccomp } from './privileges/c-0210-runtime-seccomp.ts';
import { securityContextApplied } from './privileges/c-0211-security-context.ts';
import { hostIpc, hostPid } from './privileges/host-sharing.ts';
import { livenessProbe, readinessProbe } from './probes/probes.ts';
import { memoryLimitAndRequest } from './resources/c-0004-memory-limit-and-request.ts';
import { resourceLimits } from './resources/c-0009-limits.ts';
import { cpuLimitAndRequest } from './resources/c-0050-cpu-limit-and-request.ts';
import { cpuLimit } from './resources/c-0270-cpu-limit.ts';
import { memoryLimit } from './resources/c-0271-memory-limit.ts';
import { cpuRequest, memoryRequest } from './resources/requests.ts';
import { writableHostPath } from './storage/c-0045-writable-host-path.ts';
import { hostPathMount } from './storage/c-0048-host-path-mount.ts';
import { runtimeSocket } from './storage/c-0074-runtime-socket.ts';
import { encryptedVolumes } from './storage/c-0264-encrypted-volumes.ts';
import { claimAccess, configMapAccess } from './storage/mounted-objects.ts';
import { imagePullPolicy } from './supply-chain/c-0075-image-pull-policy.ts';
import { allowedRegistries, blockedRegistries, oldRegistry, pinnedImages } from './supply-chain/registries.ts';

const all: readonly Control[] = [
  ...permissionControls,
  ...apiServerControls,
  ...controllerManagerControls,
  ...etcdControls,
  ...fileControls,
  ...kubeletControls,
  ...eksControls,
  ...aksControls,
  ...managedClusterControls,
  ...registryControls,
  ...imageControls,
  auditPolicy,
  metadataAccess,
  encryptionConfigured,
  encryptionProviders,
  externalKeys,
  kernelEscape,
  policiesSupported,
  policiesEnabledEks,
  ...schedulerControls,
  ...inventoryControls,
  ...productControls,
  ...podAdmissionControls,
  ...podSecurityPolicyControls,
  execIntoContainer,
  dashboardAccess,
  listSecrets,
  necessaryTokens,
  serviceAccountToken,
  administrativeRoles,
  anonymousAccess,
  clusterTakeoverRoles,
  dedicatedAccountsAks,
  dedicatedAccountsEks,
  unusedDefaultAccounts,
  boundServiceAccounts,
  clusterAdmin,
  everybodyElevated,
  administrativeWorkload,
  tokenMounted,
  egressPolicy,
  hardenedRuntime,
  imageProvenance,
  resourceCeilings,
  insecurePort,
  uniqueEtcdCa,
  kubeProxyMetrics,
  credentialsInConfiguration,
  cloudCredentials,
  secretsInEnvironment,
  externalSecrets,
  secretAccess,
  credentialAccess,
  sudoInEntrypoint,
  duplicateEnvironment,
  matchingSelector,
  rollingUpdate,
  autoscalerWithoutTarget,
  ingressWithoutService,
  policyWithoutWorkload,
  routeWithoutService,
  serviceWithoutWorkload,
  deprecatedServiceAccount,
  missingServiceAccount,
  subPathSymlink,
  ingressSnippetAnnotation,
  aggregatedApiRedirect,
  ingressNginxEndOfLife,
  containerOptimizedOs,
  containerdEscape,
  fargateInUse,
  supportedRelease,
  commonLabels,
  recommendedLabels,
  networkPolicy,
  hostPort,
  internalNetworking,
  namespacePolicies,
  networkMapping,
  externalFacing,
  missingNetworkPolicy,
  gatewayExposure,
  authenticatedService,
  awsLoadBalancerTls,
  azureLoadBalancerTls,
  ingressTls,
  sensitiveInterfaces,
  sshServer,
  nakedPods,
  objectsInDefault,
  workloadsInDefault,
  nonRootContainers,
  privilegeEscalation,
  immutableFilesystem,
  hostPidIpc,
  hostNetwork,
  insecureCapabilities,
  linuxHardening,
  privilegedContainer,
  runtimeSeccomp,
  securityContextApplied,
  hostIpc,
  hostPid,
  livenessProbe,
  readinessProbe,
  memoryLimitAndRequest,
  resourceLimits,
  cpuLimitAndRequest,
  cpuLimit,
  memoryLimit,
  cpuRequest,
  memoryRequest,
  writableHostPath,
  hostPathMount,
  runtimeSocket,
  encryptedVolumes,
  claimAccess,
  configMapAccess,
  imagePullPolicy,
  allowedRegistries,
  blockedRegistries,
  oldRegistry,
  pinnedImages,
];

/** Every control that can be evaluated, in the order of its id. */
export const controls: readonly Control[] = guarded(all.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
