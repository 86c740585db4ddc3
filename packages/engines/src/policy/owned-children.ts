import type { KubeObject } from '@kso/wire';
import type { ObjectReference } from './port.ts';

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

/** Which owned children there are: they are not kept themselves, but whoever asks for one is told why it has no results. */
export class OwnedChildren {
  readonly #keys = new Set<string>();

  /** Takes over an object as it is now. True when it is such a child. */
  take(object: KubeObject, isDeleted: boolean): boolean {
    const isChild = isOwnedChild(object);
    if (isChild && !isDeleted) this.#keys.add(keyOf(object.kind, object.metadata));
    else if (childKinds.has(object.kind)) this.#keys.delete(keyOf(object.kind, object.metadata));
    return isChild;
  }

  has({ kind, name, namespace }: ObjectReference): boolean {
    return this.#keys.has(keyOf(kind, { name, namespace }));
  }
}

function keyOf(
  kind: string,
  { name, namespace = '' }: { readonly name: string; readonly namespace?: string | undefined },
) {
  return `${kind}|${namespace}|${name}`;
}
