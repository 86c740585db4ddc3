import type { ObjectOrigin, SourceEvent } from '@kso/domain';
import type { KubeObject } from '@kso/wire';
import type { PlacedObject } from '../read-file.ts';

/** An object of a file without the object: what is kept between two looks. */
export interface ManifestEntry {
  readonly id: string;
  readonly apiVersion: string;
  readonly hash: string;
  readonly origin: ObjectOrigin;
}

export type ObjectChange = Extract<SourceEvent, { readonly object: KubeObject }>;

/** `group/Kind/namespace/name`: two manifests with the same identity are the same object of a cluster. */
export function identityOf({ apiVersion, kind, metadata }: KubeObject): string {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  return `${group}/${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}

/** Where a file was found, or what an object was rendered from. */
export type Place = Pick<ObjectOrigin, 'file' | 'relativePath' | 'renderedFrom'>;

export function entryOf({ object, document, line, path, hash }: PlacedObject, place: Place): ManifestEntry {
  const origin = { ...place, document, line, ...(path === '' ? {} : { path }) };
  return { id: identityOf(object), apiVersion: object.apiVersion, hash, origin };
}

/** True when nothing that a consumer was told has changed, its place included. */
export function isSame(a: ManifestEntry, b: ManifestEntry): boolean {
  return (
    a.hash === b.hash &&
    a.origin.file === b.origin.file &&
    a.origin.document === b.origin.document &&
    a.origin.line === b.origin.line &&
    a.origin.path === b.origin.path
  );
}

/** A deletion carries the identity of the object only. */
export function deletionOf({ id, apiVersion, origin }: ManifestEntry): ObjectChange {
  const [, kind = '', namespace = '', ...rest] = id.split('/');
  const metadata = { name: rest.join('/'), ...(namespace === '' ? {} : { namespace }) };
  return { type: 'deleted', object: { apiVersion, kind, metadata }, origin };
}
