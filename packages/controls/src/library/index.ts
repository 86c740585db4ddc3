import type { Control } from '../control.ts';
import { execIntoContainer } from './access/c-0002-exec-into-container.ts';
import { listSecrets } from './access/c-0015-read-secrets.ts';
import { serviceAccountToken } from './access/c-0034-service-account-token.ts';
import { administrativeRoles } from './access/c-0035-administrative-roles.ts';
import { clusterTakeoverRoles } from './access/c-0267-cluster-takeover-roles.ts';
import { insecurePort } from './control-plane/c-0005-insecure-port.ts';
import { credentialsInConfiguration } from './credentials/c-0012-credentials-in-configuration.ts';
import { secretAccess } from './credentials/c-0255-secret-access.ts';
import { credentialAccess } from './credentials/c-0259-credential-access.ts';
import { subPathSymlink } from './known-vulnerabilities/c-0058-subpath-symlink.ts';
import { ingressSnippetAnnotation } from './known-vulnerabilities/c-0059-ingress-snippet-annotation.ts';
import { ingressNginxEndOfLife } from './known-vulnerabilities/c-0292-ingress-nginx-end-of-life.ts';
import { networkPolicy } from './network/c-0030-network-policy.ts';
import { hostPort } from './network/c-0044-host-port.ts';
import { internalNetworking } from './network/c-0054-internal-networking.ts';
import { externalFacing } from './network/c-0256-external-facing.ts';
import { nonRootContainers } from './privileges/c-0013-non-root-containers.ts';
import { privilegeEscalation } from './privileges/c-0016-privilege-escalation.ts';
import { immutableFilesystem } from './privileges/c-0017-immutable-filesystem.ts';
import { hostPidIpc } from './privileges/c-0038-host-pid-ipc.ts';
import { hostNetwork } from './privileges/c-0041-host-network.ts';
import { insecureCapabilities } from './privileges/c-0046-insecure-capabilities.ts';
import { linuxHardening } from './privileges/c-0055-linux-hardening.ts';
import { privilegedContainer } from './privileges/c-0057-privileged-container.ts';
import { memoryLimitAndRequest } from './resources/c-0004-memory-limit-and-request.ts';
import { cpuLimitAndRequest } from './resources/c-0050-cpu-limit-and-request.ts';
import { cpuLimit } from './resources/c-0270-cpu-limit.ts';
import { memoryLimit } from './resources/c-0271-memory-limit.ts';
import { writableHostPath } from './storage/c-0045-writable-host-path.ts';
import { hostPathMount } from './storage/c-0048-host-path-mount.ts';

/** Every control that can be evaluated, in the order of its id. */
export const controls: readonly Control[] = [
  execIntoContainer,
  memoryLimitAndRequest,
  insecurePort,
  credentialsInConfiguration,
  nonRootContainers,
  listSecrets,
  privilegeEscalation,
  immutableFilesystem,
  networkPolicy,
  serviceAccountToken,
  administrativeRoles,
  hostPidIpc,
  hostNetwork,
  hostPort,
  writableHostPath,
  insecureCapabilities,
  hostPathMount,
  cpuLimitAndRequest,
  internalNetworking,
  linuxHardening,
  privilegedContainer,
  subPathSymlink,
  ingressSnippetAnnotation,
  secretAccess,
  externalFacing,
  credentialAccess,
  clusterTakeoverRoles,
  cpuLimit,
  memoryLimit,
  ingressNginxEndOfLife,
];
