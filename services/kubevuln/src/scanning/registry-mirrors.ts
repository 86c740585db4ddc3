import { type ImageReference, parseImageReference } from '@kso/domain';
import type { Logger } from '@kso/kit';

/** Where an image is pulled from in place of the registry that its reference names. */
export type RewriteReference = (reference: ImageReference) => ImageReference;

interface Mirror {
  /** Registry, or registry and the beginning of a path, with a slash at its end. */
  readonly prefix: string;
  readonly target: string;
}

/**
 * Mirrors by registry, or by registry and path (`docker.io/library`): the longest that fits counts, parts of a path are not split
 * (kubevuln.md 5.1). One that makes no reference of an image is named in the log and not used.
 */
export function createRegistryMirrors(map: Readonly<Record<string, string>>, logger: Logger): RewriteReference {
  const mirrors = Object.entries(map)
    .map(([source, target]): Mirror => ({ prefix: `${canonical(source)}/`, target: withoutSlash(target) }))
    .filter(({ prefix, target }) => {
      const isUsable =
        referenceOf(`${target}/image`) !== undefined && /[.:]|^localhost/.test(target.split('/', 1)[0] ?? '');
      if (!isUsable) logger.warn({ source: prefix, target }, 'no mirror of a registry: it is not used');
      return isUsable;
    })
    .toSorted((a, b) => b.prefix.length - a.prefix.length);

  return (reference) => {
    const place = `${reference.registry}/${reference.repository}`;
    const mirror = mirrors.find(({ prefix }) => place.startsWith(prefix));
    if (mirror === undefined) return reference;
    const there = referenceOf(`${mirror.target}/${place.slice(mirror.prefix.length)}`);
    return there === undefined ? reference : { ...reference, registry: there.registry, repository: there.repository };
  };
}

/** Docker Hub has two names. */
function canonical(source: string): string {
  return withoutSlash(source).replace(/^index\.docker\.io(?=\/|$)/, 'docker.io');
}

function withoutSlash(text: string): string {
  return text.replace(/\/+$/, '');
}

function referenceOf(text: string): ImageReference | undefined {
  const parsed = parseImageReference(text);
  return parsed.type === 'reference' ? parsed.reference : undefined;
}
