import { hash } from 'node:crypto';
import { controllerOf, groupOf, isRecord } from '@kso/domain';
import type { GetResult, TopOwner } from '@kso/kube';
import type { GroupKind, KubeObject } from '@kso/wire';
import { type PackedText, packText } from './packed-text.ts';

/** Reads owners in the cluster. Both throw while the API server cannot answer. */
export interface OwnerReader {
  topOwner(pod: KubeObject): Promise<TopOwner>;
  get(kind: GroupKind, namespace: string | undefined, name: string): Promise<GetResult>;
}

/** `full` carries the whole owner as the existing product does, `spec-only` its identity and spec (kollector.md 16, 14). */
export type OwnerDataForm = 'full' | 'spec-only';

/** What runs a pod, as far as reports tell it (kollector.md 7). */
export interface WorkloadOwner {
  readonly kind: string;
  readonly name: string;
  /** JSON of `ownerData`; absent when the owner could not be read. */
  readonly data?: PackedText;
  /** The same for equal specs. */
  readonly specHash: string;
  /** Where to ask whether it still exists; absent for a pod that stands for itself. */
  readonly place?: { readonly kind: GroupKind; readonly uid?: string };
}

/** Kinds of which the whole object is reported; of others only kind and version are. */
const reportedInFull = new Set([
  'apps/Deployment',
  'apps/DaemonSet',
  'apps/StatefulSet',
  'apps/ReplicaSet',
  'batch/Job',
  'batch/CronJob',
]);

/** A pod that nothing runs, or a Node (a static pod). */
export function isItsOwnOwner(pod: Pick<KubeObject, 'metadata'>): boolean {
  return controllerOf(pod) === undefined;
}

/** The pod as its own owner; `text` is its JSON. */
export function ownOwner(pod: KubeObject, text: string, form: OwnerDataForm): WorkloadOwner {
  const data = form === 'full' ? text : JSON.stringify(withoutDetails(pod));
  return { kind: 'Pod', name: pod.metadata.name, data: packText(data), specHash: specHashOf(pod) };
}

/** @throws while the API server cannot answer */
export async function readOwner(pod: KubeObject, reader: OwnerReader, form: OwnerDataForm): Promise<WorkloadOwner> {
  const top = await reader.topOwner(pod);
  // The nearest ancestor that is known by name, although it could not be read.
  const { apiVersion, kind, name, uid } = top.unread ?? top;
  const group = groupOf(apiVersion);
  const place = { kind: { group, kind }, ...(uid === undefined || uid === '' ? {} : { uid }) };
  const nothing = { kind, name, specHash: '', place };
  if (top.unread !== undefined) return nothing;
  if (!reportedInFull.has(`${group}/${kind}`)) {
    return { ...nothing, data: packText(JSON.stringify({ kind, apiVersion })) };
  }
  const found = await reader.get(place.kind, pod.metadata.namespace, name);
  if (found.outcome !== 'found') return nothing;
  const data = form === 'full' ? found.object : withoutDetails(found.object);
  return { ...nothing, data: packText(JSON.stringify(data)), specHash: specHashOf(found.object) };
}

/** `unknown`: it cannot be told at present, or we may not ask. Never throws. */
export async function lookForOwner(
  { name, place }: WorkloadOwner,
  namespace: string,
  reader: Pick<OwnerReader, 'get'>,
): Promise<'there' | 'gone' | 'unknown'> {
  if (place === undefined) return 'gone';
  try {
    const found = await reader.get(place.kind, namespace, name);
    if (found.outcome === 'notFound') return 'gone';
    if (found.outcome !== 'found') return 'unknown';
    const { uid } = found.object.metadata;
    // Another one has the name by now.
    return place.uid !== undefined && uid !== undefined && uid !== place.uid ? 'gone' : 'there';
  } catch {
    return 'unknown';
  }
}

function withoutDetails({ apiVersion, kind, metadata, ...fields }: KubeObject) {
  const { name, namespace, uid } = metadata;
  return { kind, apiVersion, metadata: { name, namespace, uid }, spec: fields['spec'] };
}

function specHashOf({ spec }: KubeObject): string {
  return hash('sha256', JSON.stringify(isRecord(spec) ? spec : {}), 'base64url');
}
