import type { KubeObject } from '@kso/wire';

/** True for bindings and roles that the API server itself makes and keeps. */
export function isBootstrapped({ metadata }: KubeObject): boolean {
  return metadata.labels?.['kubernetes.io/bootstrapping'] === 'rbac-defaults';
}
