import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type TarEntry, tar } from './tar.ts';

/** A gzipped tar with the two digests that an image names it by. */
export interface Layer {
  readonly blob: Buffer;
  /** Of the compressed bytes: how the registry knows it. */
  readonly digest: string;
  /** Of the uncompressed bytes: how the configuration knows it. */
  readonly diffId: string;
}

export interface ImageOptions {
  /** Lowest first. */
  readonly layers: readonly Layer[];
  /** Default `linux/amd64`; a third part is the variant. */
  readonly platform?: string;
  readonly entrypoint?: readonly string[];
  readonly env?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** One image in OCI form, or an index of several: a manifest and all that it names. */
export interface Image {
  readonly manifest: Buffer;
  readonly descriptor: Descriptor;
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string };
  /** Configuration and layers by digest; empty for an index. */
  readonly blobs: ReadonlyMap<string, Buffer>;
  /** The images of an index. */
  readonly images: readonly Image[];
}

const oci = 'application/vnd.oci.image';

/** The layer that these files make. */
export function layer(entries: readonly TarEntry[]): Layer {
  return layerOfTar(tar(entries));
}

export function layerOfTar(archive: Buffer): Layer {
  const blob = gzipSync(archive, { level: 1 });
  return { blob, digest: sha256(blob), diffId: sha256(archive) };
}

/** A layer that is kept as a file, e.g. the Debian base. */
export function layerOfBlob(blob: Buffer): Layer {
  return { blob, digest: sha256(blob), diffId: sha256(gunzipSync(blob)) };
}

/** Always the same digest for the same layers and options: nothing in it is a date. */
export function buildImage(options: ImageOptions): Image {
  const [os = 'linux', architecture = 'amd64', variant] = (options.platform ?? 'linux/amd64').split('/');
  const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  const config = json({
    ...platform,
    config: {
      ...(options.entrypoint === undefined ? {} : { Entrypoint: options.entrypoint }),
      ...(options.labels === undefined ? {} : { Labels: options.labels }),
      Env: options.env ?? ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    },
    rootfs: { type: 'layers', diff_ids: options.layers.map(({ diffId }) => diffId) },
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: `${oci}.manifest.v1+json`,
    config: describe(`${oci}.config.v1+json`, config),
    layers: options.layers.map(({ blob }) => describe(`${oci}.layer.v1.tar+gzip`, blob)),
  });
  const blobs = [config, ...options.layers.map(({ blob }) => blob)];
  return {
    manifest,
    descriptor: describe(`${oci}.manifest.v1+json`, manifest),
    platform,
    blobs: new Map(blobs.map((blob) => [sha256(blob), blob])),
    images: [],
  };
}

/** An index that offers these images by platform. */
export function buildIndex(images: readonly Image[]): Image {
  const manifest = json({
    schemaVersion: 2,
    mediaType: `${oci}.index.v1+json`,
    manifests: images.map(({ descriptor, platform }) => ({ ...descriptor, platform })),
  });
  return { manifest, descriptor: describe(`${oci}.index.v1+json`, manifest), blobs: new Map(), images };
}

function describe(mediaType: string, blob: Buffer): Descriptor {
  return { mediaType, digest: sha256(blob), size: blob.length };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
