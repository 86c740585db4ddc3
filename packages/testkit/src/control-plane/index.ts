export type { ClusterClient } from './client.ts';
export type { KubeconfigOptions } from './credentials.ts';
export type { PolicyRule, ServiceAccountOptions } from './service-account.ts';
export { type ControlPlane, type ControlPlaneOptions, controlPlanePrograms, startControlPlane } from './start.ts';
