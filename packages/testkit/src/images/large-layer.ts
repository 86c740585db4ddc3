import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Layer } from './image.ts';
import { tarFileHeader } from './tar.ts';

const chunkBytes = 64 * 1024 * 1024;

/**
 * A layer with one file of zeros: large where it is unpacked, small where it is stored. A gzip file may have several members, so the
 * zeros are compressed once. `bytes` is a multiple of 64 MiB.
 */
export function largeLayer(path: string, bytes: number): Layer {
  const header = tarFileHeader(path, bytes);
  const chunk = Buffer.alloc(chunkBytes);
  const end = Buffer.alloc(1024);
  const compressed = gzipSync(chunk, { level: 9 });
  const diffId = createHash('sha256').update(header);
  const members = [gzipSync(header)];
  for (let written = 0; written < bytes; written += chunkBytes) {
    diffId.update(chunk);
    members.push(compressed);
  }
  const blob = Buffer.concat([...members, gzipSync(end)]);
  const digest = createHash('sha256').update(blob).digest('hex');
  return { blob, digest: `sha256:${digest}`, diffId: `sha256:${diffId.update(end).digest('hex')}` };
}
