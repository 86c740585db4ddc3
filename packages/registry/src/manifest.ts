import { isDigest } from '@kso/domain';
import { z } from 'zod';
import { formatPlatform, type Platform, platformMatches } from './platform.ts';

const Digest = z.string().refine(isDigest, 'not a digest');

const DescriptorPlatform = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
});

const Descriptor = z.object({
  mediaType: z.string().default(''),
  digest: Digest,
  size: z.number().nonnegative(),
  platform: DescriptorPlatform.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type Descriptor = z.infer<typeof Descriptor>;

/** An OCI index or a docker manifest list. */
export const ImageIndex = z.object({ manifests: z.array(Descriptor).max(1000) });
export type ImageIndex = z.infer<typeof ImageIndex>;

/** An OCI manifest or a docker schema 2 manifest. */
export const ImageManifest = z.object({ config: Descriptor, layers: z.array(Descriptor).max(10_000) });
export type ImageManifest = z.infer<typeof ImageManifest>;

/** The platform in an image's configuration. */
export const ImageConfiguration = DescriptorPlatform;

export const manifestMediaTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

export type ParsedManifest =
  | { readonly type: 'index'; readonly index: ImageIndex }
  | { readonly type: 'image'; readonly manifest: ImageManifest }
  /** Docker's schema 1, or something that is no image. */
  | { readonly type: 'unsupported'; readonly detail: string }
  | { readonly type: 'invalid'; readonly detail: string };

/** Tells what kind of manifest a document is by its members, since media types are often wrong or missing. */
export function parseManifest(bytes: Uint8Array): ParsedManifest {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return { type: 'invalid', detail: 'the manifest is not JSON' };
  }
  if (typeof document !== 'object' || document === null) return { type: 'invalid', detail: 'not a manifest' };
  if ('schemaVersion' in document && document.schemaVersion === 1) {
    return { type: 'unsupported', detail: 'docker image manifest schema 1' };
  }
  const index = 'manifests' in document ? ImageIndex.safeParse(document) : undefined;
  if (index?.success === true) return { type: 'index', index: index.data };
  const manifest = ImageManifest.safeParse(document);
  if (manifest.success) return { type: 'image', manifest: manifest.data };
  return { type: 'invalid', detail: 'neither an image manifest nor an index' };
}

export type Selection =
  | { readonly selected: true; readonly descriptor: Descriptor }
  | { readonly selected: false; readonly offered: readonly string[] };

/** The image of an index for a platform. Attestations and other entries without a platform that runs are passed over. */
export function selectPlatform(index: ImageIndex, wanted: Platform): Selection {
  const images = index.manifests.filter(({ platform }) => platform?.os !== 'unknown');
  const candidates = images.filter(({ platform }) => platform !== undefined && platformMatches(platform, wanted));
  const [exact] = candidates.filter(({ platform }) => platform?.variant === wanted.variant);
  const descriptor = exact ?? candidates[0] ?? soleWithoutPlatform(images);
  if (descriptor !== undefined) return { selected: true, descriptor };
  const offered = images.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]));
  return { selected: false, offered: [...new Set(offered)] };
}

/** Its configuration has to tell; the caller looks there. */
function soleWithoutPlatform(images: readonly Descriptor[]): Descriptor | undefined {
  return images.length === 1 && images[0]?.platform === undefined ? images[0] : undefined;
}
