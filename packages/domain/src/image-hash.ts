import { formatImageReference, isDigest, parseImageReference } from './image-reference.ts';

/**
 * The tag form that reports and names of stored objects use (kubevuln.md 1.4): the normal form of a reference. A text that is no
 * reference is kept as it is.
 */
export function normalizedImageTag(imageTag: string): string {
  const parsed = parseImageReference(imageTag);
  return parsed.type === 'reference' ? formatImageReference(parsed.reference) : imageTag;
}

/**
 * `<registry>/<repository>@sha256:…` out of the image as written and what the runtime says (kubevuln.md 1.4).
 * Empty `imageHash`: the image as written. Already with a repository: kept byte for byte. Empty text when `imageTag` is unreadable.
 */
export function normalizedImageHash(imageTag: string, imageHash: string): string {
  if (imageHash === '') return imageTag;
  if (imageHash.includes('@') && parseImageReference(imageHash).type === 'reference' && !imageHash.includes('://')) {
    return imageHash;
  }
  const parsed = parseImageReference(imageTag);
  if (parsed.type !== 'reference') return '';
  const last = imageHash.slice(imageHash.lastIndexOf('@') + 1);
  const digest = isDigest(last) || last.startsWith('sha256:') ? last : `sha256:${last}`;
  // go-containerregistry's name for Docker Hub; clients compare this text.
  const registry = parsed.reference.registry === 'docker.io' ? 'index.docker.io' : parsed.reference.registry;
  return `${registry}/${parsed.reference.repository}@${digest}`;
}
