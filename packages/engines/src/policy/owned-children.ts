import type { KubeObject } from '@kso/wire';

const childKinds = new Set(['Pod', 'Job', 'ReplicaSet']);
const parentVersions = new Set(['apps/v1', 'batch/v1', 'batch/v1beta1']);

/**
 * True for objects that a workload makes and that are judged with it, so that each workload is judged once, at the top
 * (scanner.md 6). Naked pods, mirrors of static pods and children of custom controllers are judged themselves.
 */
export function isOwnedChild({ kind, metadata }: KubeObject): boolean {
  if (!childKinds.has(kind)) return false;
  const [owner] = metadata.ownerReferences ?? [];
  if (owner !== undefined) return parentVersions.has(owner.apiVersion);
  return kind === 'Pod' && Boolean(metadata.labels?.['pod-template-hash']);
}
