import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Image } from './image.ts';

/** Writes images by name as an OCI image layout (https://github.com/opencontainers/image-spec/blob/main/image-layout.md). */
export function writeImageLayout(directory: string, images: Readonly<Record<string, Image>>): void {
  const blobs = join(directory, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const write = (digest: string, bytes: Buffer): void => {
    writeFileSync(join(blobs, digest.replace('sha256:', '')), bytes);
  };
  for (const { descriptor, manifest, blobs: parts } of Object.values(images)) {
    write(descriptor.digest, manifest);
    for (const [digest, blob] of parts) write(digest, blob);
  }
  const manifests = Object.entries(images).map(([name, { descriptor, platform }]) => ({
    ...descriptor,
    platform,
    annotations: { 'org.opencontainers.image.ref.name': name },
  }));
  writeFileSync(join(directory, 'oci-layout'), `${JSON.stringify({ imageLayoutVersion: '1.0.0' })}\n`);
  writeFileSync(join(directory, 'index.json'), `${JSON.stringify({ schemaVersion: 2, manifests }, null, 2)}\n`);
}
