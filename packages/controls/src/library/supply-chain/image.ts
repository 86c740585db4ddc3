import { formatImageReference, type ImageReference, parseImageReference, repositoryName } from '@kso/domain';

/** An image as it is pulled: registry and `library/` filled in. Undefined for what is no reference. */
export function imageReference(image: string): ImageReference | undefined {
  const parsed = parseImageReference(image);
  return parsed.type === 'reference' ? parsed.reference : undefined;
}

/** True if the image, in its full form, begins with one of these registries or repositories. */
export function isFrom(image: string, prefixes: readonly string[]): boolean {
  const reference = imageReference(image);
  const forms = reference === undefined ? [image] : [image, formatImageReference(reference), repositoryName(reference)];
  return prefixes.some((prefix) => prefix !== '' && forms.some((form) => beginsWith(form, prefix)));
}

/** `registry.example` is not the beginning of `registry.example.com/x`: a prefix ends where a part of the name does. */
function beginsWith(image: string, prefix: string): boolean {
  if (!image.startsWith(prefix)) return false;
  return prefix.endsWith('/') || image.length === prefix.length || '/:@'.includes(image[prefix.length] ?? '');
}

/** The tag if it is one that moves: none, `latest`, or one of the list. Undefined with a digest. */
export function movingTag(image: string, floating: readonly string[]): string | undefined {
  const reference = imageReference(image);
  if (reference === undefined || reference.digest !== undefined) return undefined;
  const tag = reference.tag ?? '';
  return tag === '' || tag === 'latest' || floating.includes(tag) ? tag || 'no tag' : undefined;
}
