import type { Control } from '../../control.ts';
import { kinds } from '../../objects/kinds.ts';
import { type FileCheck, fileRule } from './file-rule.ts';

const rootOwner = { owner: 'root:root' } as const;

const checks: Readonly<Record<string, FileCheck>> = {
  'C-0092': {
    rule: 'ensure-that-the-API-server-pod-specification-file-permissions-are-set-to-600-or-more-restrictive',
    kind: kinds.controlPlaneInfo,
    places: ['APIServerInfo.specsFile'],
    wanted: { mode: 0o600 },
  },
  'C-0093': {
    rule: 'ensure-that-the-API-server-pod-specification-file-ownership-is-set-to-root-root',
    kind: kinds.controlPlaneInfo,
    places: ['APIServerInfo.specsFile'],
    wanted: rootOwner,
  },
  'C-0094': {
    rule: 'ensure-that-the-controller-manager-pod-specification-file-permissions-are-set-to-600-or-more-restrictive',
    kind: kinds.controlPlaneInfo,
    places: ['controllerManagerInfo.specsFile'],
    wanted: { mode: 0o600 },
  },
  'C-0095': {
    rule: 'ensure-that-the-controller-manager-pod-specification-file-ownership-is-set-to-root-root',
    kind: kinds.controlPlaneInfo,
    places: ['controllerManagerInfo.specsFile'],
    wanted: rootOwner,
  },
  'C-0096': {
    rule: 'ensure-that-the-scheduler-pod-specification-file-permissions-are-set-to-600-or-more-restrictive',
    kind: kinds.controlPlaneInfo,
    places: ['schedulerInfo.specsFile'],
    wanted: { mode: 0o600 },
  },
  'C-0097': {
    rule: 'ensure-that-the-scheduler-pod-specification-file-ownership-is-set-to-root-root',
    kind: kinds.controlPlaneInfo,
    places: ['schedulerInfo.specsFile'],
    wanted: rootOwner,
  },
  'C-0098': {
    rule: 'ensure-that-the-etcd-pod-specification-file-permissions-are-set-to-600-or-more-restrictive',
    kind: kinds.controlPlaneInfo,
    places: ['etcdConfigFile'],
    wanted: { mode: 0o600 },
  },
  'C-0099': {
    rule: 'ensure-that-the-etcd-pod-specification-file-ownership-is-set-to-root-root',
    kind: kinds.controlPlaneInfo,
    places: ['etcdConfigFile'],
    wanted: rootOwner,
  },
  'C-0100': {
    rule: 'ensure-that-the-Container-Network-Interface-file-permissions-are-set-to-600-or-more-restrictive',
    kind: kinds.cniInfo,
    places: ['CNIConfigFiles[]'],
    wanted: { mode: 0o600 },
  },
  'C-0101': {
    rule: 'ensure-that-the-Container-Network-Interface-file-ownership-is-set-to-root-root',
    kind: kinds.cniInfo,
    places: ['CNIConfigFiles[]'],
    wanted: rootOwner,
  },
  'C-0102': {
    rule: 'ensure-that-the-etcd-data-directory-permissions-are-set-to-700-or-more-restrictive',
    kind: kinds.controlPlaneInfo,
    places: ['etcdDataDir'],
    wanted: { mode: 0o700 },
  },
  'C-0103': {
    rule: 'ensure-that-the-etcd-data-directory-ownership-is-set-to-etcd-etcd',
    kind: kinds.controlPlaneInfo,
    places: ['etcdDataDir'],
    wanted: { owner: 'etcd:etcd' },
  },
  'C-0104': {
    rule: 'ensure-that-the-admin.conf-file-permissions-are-set-to-600',
    kind: kinds.controlPlaneInfo,
    places: ['adminConfigFile'],
    wanted: { mode: 0o600 },
  },
  'C-0105': {
    rule: 'ensure-that-the-admin.conf-file-ownership-is-set-to-root-root',
    kind: kinds.controlPlaneInfo,
    places: ['adminConfigFile'],
    wanted: rootOwner,
  },
  'C-0106': {
    rule: 'ensure-that-the-scheduler.conf-file-permissions-are-set-to-600-or-more-restrictive',
    kind: kinds.controlPlaneInfo,
    places: ['schedulerInfo.configFile'],
    wanted: { mode: 0o600 },
  },
  'C-0107': {
    rule: 'ensure-that-the-scheduler.conf-file-ownership-is-set-to-root-root',
    kind: kinds.controlPlaneInfo,
    places: ['schedulerInfo.configFile'],
    wanted: rootOwner,
  },
  'C-0108': {
    rule: 'ensure-that-the-controller-manager.conf-file-permissions-are-set-to-600-or-more-restrictive',
    kind: kinds.controlPlaneInfo,
    places: ['controllerManagerInfo.configFile'],
    wanted: { mode: 0o600 },
  },
  'C-0109': {
    rule: 'ensure-that-the-controller-manager.conf-file-ownership-is-set-to-root-root',
    kind: kinds.controlPlaneInfo,
    places: ['controllerManagerInfo.configFile'],
    wanted: rootOwner,
  },
  'C-0110': {
    rule: 'ensure-that-the-Kubernetes-PKI-directory-and-file-ownership-is-set-to-root-root',
    kind: kinds.controlPlaneInfo,
    places: ['PKIDir', 'PKIFiles[]'],
    wanted: rootOwner,
  },
  'C-0111': {
    rule: 'ensure-that-the-Kubernetes-PKI-certificate-file-permissions-are-set-to-600-or-more-restrictive',
    kind: kinds.controlPlaneInfo,
    places: ['PKIFiles[]'],
    suffix: '.crt',
    wanted: { mode: 0o600 },
  },
  'C-0112': {
    rule: 'ensure-that-the-Kubernetes-PKI-key-file-permissions-are-set-to-600',
    kind: kinds.controlPlaneInfo,
    places: ['PKIFiles[]'],
    suffix: '.key',
    wanted: { mode: 0o600 },
  },
  'C-0162': {
    rule: 'ensure-that-the-kubelet-service-file-permissions-are-set-to-600-or-more-restrictive',
    kind: kinds.kubeletInfo,
    places: ['serviceFiles[]'],
    wanted: { mode: 0o600 },
  },
  'C-0163': {
    rule: 'ensure-that-the-kubelet-service-file-ownership-is-set-to-root-root',
    kind: kinds.kubeletInfo,
    places: ['serviceFiles[]'],
    wanted: rootOwner,
  },
  'C-0164': {
    rule: 'if-proxy-kubeconfig-file-exists-ensure-permissions-are-set-to-600-or-more-restrictive',
    kind: kinds.kubeProxyInfo,
    places: ['kubeConfigFile'],
    wanted: { mode: 0o600 },
  },
  'C-0165': {
    rule: 'if-proxy-kubeconfig-file-exists-ensure-ownership-is-set-to-root-root',
    kind: kinds.kubeProxyInfo,
    places: ['kubeConfigFile'],
    wanted: rootOwner,
  },
  'C-0166': {
    rule: 'ensure-that-the-kubeconfig-kubelet.conf-file-permissions-are-set-to-600-or-more-restrictive',
    kind: kinds.kubeletInfo,
    places: ['kubeConfigFile'],
    wanted: { mode: 0o600 },
  },
  'C-0167': {
    rule: 'ensure-that-the-kubeconfig-kubelet.conf-file-ownership-is-set-to-root-root',
    kind: kinds.kubeletInfo,
    places: ['kubeConfigFile'],
    wanted: rootOwner,
  },
  'C-0168': {
    rule: 'ensure-that-the-certificate-authorities-file-permissions-are-set-to-600-or-more-restrictive',
    kind: kinds.kubeletInfo,
    places: ['clientCAFile'],
    wanted: { mode: 0o600 },
  },
  'C-0169': {
    rule: 'ensure-that-the-client-certificate-authorities-file-ownership-is-set-to-root-root',
    kind: kinds.kubeletInfo,
    places: ['clientCAFile'],
    wanted: rootOwner,
  },
  'C-0170': {
    rule: 'if-the-kubelet-config.yaml-configuration-file-is-being-used-validate-permissions-set-to-600-or-more-restrictive',
    kind: kinds.kubeletInfo,
    places: ['configFile'],
    wanted: { mode: 0o600 },
  },
  'C-0171': {
    rule: 'ensure-that-the-kubelet-configuration-file-ownership-is-set-to-root-root',
    kind: kinds.kubeletInfo,
    places: ['configFile'],
    wanted: rootOwner,
  },
  'C-0235': {
    rule: 'ensure-that-the-kubelet-configuration-file-has-permissions-set-to-644-or-more-restrictive',
    kind: kinds.kubeletInfo,
    places: ['configFile'],
    wanted: { mode: 0o644 },
  },
  'C-0238': {
    rule: 'Ensure-that-the-kubeconfig-file-permissions-are-set-to-644-or-more-restrictive',
    kind: kinds.kubeletInfo,
    places: ['kubeConfigFile'],
    wanted: { mode: 0o644 },
  },
};

/** Permissions and owners of files on nodes, each by a control of the CIS benchmark. */
export const fileControls: readonly Control[] = Object.entries(checks).map(([id, check]) => ({
  id,
  rules: [fileRule(check)],
}));
