import { controllerOf } from '@kso/domain';
import type { GroupKind, KubeObject, OwnerReference } from '@kso/wire';

/** The object that a person would name when asked what runs a pod. */
export interface TopOwner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  /** An owner above it that could not be read (it is gone, or we may not): the nearest ancestor that is known by name. */
  readonly unread?: OwnerReference;
}

/** What is known of an owner after it was looked up. */
export type OwnerLookup =
  | { readonly outcome: 'found'; readonly uid?: string; readonly owner?: OwnerReference }
  | { readonly outcome: 'unread' };

/** Reads one object's owner. Missing and forbidden objects are `unread`; a server that cannot answer throws. */
export type LookUpOwner = (kind: GroupKind, namespace: string, name: string) => Promise<OwnerLookup>;

/** Kinds that are made by something above them and say nothing to people. Any other owner ends the walk. */
const intermediate = new Set(['Pod', 'apps/ReplicaSet', 'batch/Job']);
const maxSteps = 8;

/**
 * Follows the managing owner upwards through Pod, ReplicaSet and Job (kollector.md 7, operator-gateway.md 4.2.2). An owner that
 * cannot be read ends the walk at its child and is named in `unread`. Static pods, which a Node owns, stand for themselves.
 */
export async function topOwner(object: KubeObject, lookUp: LookUpOwner): Promise<TopOwner> {
  const { namespace } = object.metadata;
  let top: TopOwner = identityOf(object);
  if (!intermediate.has(labelOf(object.apiVersion, object.kind))) return top;
  let next = controllerOf(object) ?? replicaSetOf(object);
  for (let step = 0; step < maxSteps && next !== undefined; step += 1) {
    const { apiVersion, kind, name, uid } = next;
    const isLast = !intermediate.has(labelOf(apiVersion, kind));
    // What ends the walk anyway is known well enough by the reference.
    const found = isLast ? { outcome: 'found' as const } : await lookUp(groupKindOf(next), namespace ?? '', name);
    if (found.outcome === 'unread' || isReplaced(next, found.uid)) return { ...top, unread: next };
    top = {
      apiVersion,
      kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
    };
    next = found.owner;
  }
  return top;
}

/** Another object has the name by now. */
function isReplaced({ uid }: OwnerReference, foundUid: string | undefined): boolean {
  return uid !== undefined && uid !== '' && foundUid !== undefined && uid !== foundUid;
}

/** A pod whose owner reference was removed still tells by its labels and its generated name which ReplicaSet made it. */
function replicaSetOf({ apiVersion, kind, metadata }: KubeObject): OwnerReference | undefined {
  const generateName: unknown = metadata['generateName'];
  const hash: unknown = metadata.labels?.['pod-template-hash'];
  if (apiVersion !== 'v1' || kind !== 'Pod' || typeof hash !== 'string' || typeof generateName !== 'string')
    return undefined;
  const name = generateName.replace(/-$/, '');
  return name.endsWith(`-${hash}`) ? { apiVersion: 'apps/v1', kind: 'ReplicaSet', name } : undefined;
}

function identityOf({ apiVersion, kind, metadata: { name, namespace, uid } }: KubeObject): TopOwner {
  return {
    apiVersion,
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
  };
}

function groupKindOf({ apiVersion, kind }: OwnerReference): GroupKind {
  const slash = apiVersion.indexOf('/');
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), kind };
}

function labelOf(apiVersion: string, kind: string): string {
  const { group } = groupKindOf({ apiVersion, kind, name: '' });
  return group === '' ? kind : `${group}/${kind}`;
}
