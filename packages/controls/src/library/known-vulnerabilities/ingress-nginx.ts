import { parseImageReference } from '@kso/domain';

/** The tag of an image of the community's ingress-nginx controller, empty if it has none; undefined for any other image. */
export function ingressNginxTag(image: string): string | undefined {
  const parsed = parseImageReference(image);
  if (parsed.type !== 'reference') return undefined;
  const { repository, registry, tag } = parsed.reference;
  const official = registry === 'registry.k8s.io' || registry.endsWith('k8s.gcr.io');
  const isController =
    /(?:^|\/)ingress-nginx\/controller(?:-chroot)?$/.test(repository) ||
    /(?:^|\/)nginx-ingress-controller$/.test(repository) ||
    (official && /^(?:[^/]+\/)?ingress-nginx(?:\/|$)/.test(repository));
  return isController ? (tag ?? '') : undefined;
}
