import type { KubeObject } from '@kso/wire';
import { kinds } from './kinds.ts';
import type { Subject, SubjectVector } from './rbac.ts';

/**
 * Resource identifiers of scanner.md 9. Consumers split them at `/`, so every form is kept bit for bit.
 */

/** `apps/v1/shop/Deployment/web`; a core object begins with a slash, a cluster-scoped one has an empty namespace. */
export function objectId(object: KubeObject): string {
  const { apiVersion, kind, metadata } = object;
  if (withoutNamespace.some((group) => apiVersion.startsWith(group))) return `${apiVersion}/${kind}/${metadata.name}`;
  const version = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  return `${version}/${metadata.namespace ?? ''}/${kind}/${metadata.name}`;
}

/** Data about nodes, and what clouds say, have no place for a namespace. */
const withoutNamespace = [kinds.kubeletInfo, kinds.eksCluster, kinds.gkeCluster, kinds.aksCluster].map(
  ({ group }) => `${group}/`,
);

/** `path=<hash>/api=<id>` for an object of a file; `document` counts the documents of the file from 0. */
export function fileObjectId(object: KubeObject, relativePath: string, document: number): string {
  return `path=${fnv1a32(sourcePath(relativePath, document))}/api=${objectId(object)}`;
}

/** How reports name the place of an object in a file: `deploy/web.yaml:2`. */
export function sourcePath(relativePath: string, document: number): string {
  return `${relativePath}:${document}`;
}

/** Ids of the subject, its binding and the role, sorted and joined. */
export function vectorId(vector: SubjectVector, idOf: (object: KubeObject) => string): string {
  return [subjectId(vector.subject), idOf(vector.binding), idOf(vector.role)].sort().join('/');
}

function subjectId({ apiGroup, namespace, kind, name }: Subject): string {
  return `${apiGroup ?? ''}/${namespace ?? ''}/${kind}/${name}`;
}

/** FNV-1a, 32 bits, in decimal. */
function fnv1a32(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return String(hash);
}
