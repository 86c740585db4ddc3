import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatImageReference, type ImageReference, parseImageReference } from '@kso/domain';
import { platformOf, resolved } from '../client.ts';
import { fail } from '../errors.ts';
import { type Descriptor, ImageIndex, parseManifest, selectPlatform } from '../manifest.ts';
import { formatPlatform, type Platform, platformMatches } from '../platform.ts';
import type { Resolution } from '../resolution.ts';

/** An image that lies on disk, see `findInLayouts`. */
export interface LayoutImage {
  /** Folder with `index.json` and `blobs/`. */
  readonly directory: string;
  /** What the reference names there: an image or an index of several. */
  readonly descriptor: Descriptor;
}

const refName = 'org.opencontainers.image.ref.name';
const maxIndexBytes = 4 * 1024 * 1024;

/**
 * Looks for an image in OCI image layouts (https://github.com/opencontainers/image-spec/blob/main/image-layout.md): `root` itself and the
 * folders right below it. References are compared in their normal form with the `org.opencontainers.image.ref.name` annotations; one
 * with a digest also finds the manifest of that digest. A layout that cannot be read is passed over and told to `onBroken`: one half-copied
 * folder must not hide the others. @throws LAYOUT_INVALID for `root`
 */
export async function findInLayouts(
  root: string,
  reference: ImageReference,
  onBroken: (error: unknown) => unknown = () => undefined,
): Promise<LayoutImage | undefined> {
  for (const directory of await layoutsBelow(root)) {
    const index = await readIndex(directory).catch((error: unknown) => void onBroken(error));
    if (index === undefined) continue;
    const descriptor = index.manifests.find((candidate) => isNamed(candidate, reference));
    if (descriptor !== undefined) return { directory, descriptor };
  }
  return undefined;
}

/** The only image (or index of several platforms) of a layout; undefined when there are none or several. @throws LAYOUT_INVALID */
export async function soleInLayout(directory: string): Promise<LayoutImage | undefined> {
  const { manifests } = await readIndex(directory);
  const [descriptor] = manifests;
  return descriptor === undefined || manifests.length > 1 ? undefined : { directory, descriptor };
}

/** Which image of a layout runs on a platform, as a registry would resolve it. @throws LAYOUT_INVALID */
export async function resolveInLayout(image: LayoutImage, wanted: Platform): Promise<Resolution> {
  const { directory, descriptor } = image;
  const parsed = parseManifest(await readBlob(directory, descriptor.digest));
  if (parsed.type === 'unsupported') return { outcome: 'schemaNotSupported', detail: parsed.detail };
  if (parsed.type === 'invalid') throw fail('LAYOUT_INVALID', { directory, problem: parsed.detail });
  if (parsed.type === 'index') {
    const selection = selectPlatform(parsed.index, wanted);
    if (selection.selected) return resolveInLayout({ directory, descriptor: selection.descriptor }, wanted);
    return { outcome: 'platformNotSupported', wanted: formatPlatform(wanted), offered: selection.offered };
  }
  const platform = platformOf(await readBlob(directory, parsed.manifest.config.digest));
  if (platform === undefined) throw fail('LAYOUT_INVALID', { directory, problem: 'a configuration has no platform' });
  if (!platformMatches(platform, wanted)) {
    return { outcome: 'platformNotSupported', wanted: formatPlatform(wanted), offered: [formatPlatform(platform)] };
  }
  return resolved(descriptor.digest, platform, parsed.manifest);
}

/**
 * Makes `target` a layout that shows one image of another layout: programs that read layouts refuse those with several images. Blobs
 * are not copied.
 */
export async function writeSingleImageView(target: string, image: LayoutImage, digest: string): Promise<void> {
  const directory = resolve(image.directory);
  const bytes = await readBlob(directory, digest);
  const mediaType = image.descriptor.digest === digest ? image.descriptor.mediaType : undefined;
  const manifest = { mediaType: mediaType ?? 'application/vnd.oci.image.manifest.v1+json', digest, size: bytes.length };
  await mkdir(target, { recursive: true, mode: 0o700 });
  await writeFile(join(target, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(target, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  await symlink(join(directory, 'blobs'), join(target, 'blobs'));
}

async function layoutsBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch((error: unknown) => {
    throw fail('LAYOUT_INVALID', { directory: root, problem: 'the folder cannot be read' }, error);
  });
  if (entries.some(({ name }) => name === 'index.json')) return [root];
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(root, name));
  const found = await Promise.all(
    folders.sort().map(async (folder) => {
      const names = await readdir(folder).catch((): string[] => []);
      return names.includes('index.json') ? [folder] : [];
    }),
  );
  return found.flat();
}

async function readIndex(directory: string): Promise<ImageIndex> {
  const bytes = await readFile(join(directory, 'index.json')).catch((error: unknown) => {
    throw fail('LAYOUT_INVALID', { directory, problem: 'index.json cannot be read' }, error);
  });
  const parsed = bytes.length > maxIndexBytes ? undefined : ImageIndex.safeParse(parseJson(bytes));
  if (parsed?.data === undefined) throw fail('LAYOUT_INVALID', { directory, problem: 'index.json is no image index' });
  return parsed.data;
}

function isNamed(candidate: Descriptor, reference: ImageReference): boolean {
  const name = parseImageReference(candidate.annotations?.[refName] ?? '');
  if (name.type !== 'reference') return false;
  const { digest, ...byTag } = reference;
  if (digest === undefined) return formatImageReference(name.reference) === formatImageReference(byTag);
  const sameRepository =
    name.reference.registry === reference.registry && name.reference.repository === reference.repository;
  return sameRepository && candidate.digest === digest;
}

/** Digests were checked when they were parsed, so they are safe as file names. */
async function readBlob(directory: string, digest: string): Promise<Buffer> {
  const [algorithm = '', hex = ''] = digest.split(':');
  const bytes = await readFile(join(directory, 'blobs', algorithm, hex)).catch((error: unknown) => {
    throw fail('LAYOUT_INVALID', { directory, problem: `blob ${digest} is missing` }, error);
  });
  if (createHash(algorithm).update(bytes).digest('hex') === hex) return bytes;
  throw fail('LAYOUT_INVALID', { directory, problem: `blob ${digest} is damaged` });
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
