import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Text that is seldom read, kept small: JSON of Kubernetes objects shrinks to about a fifth, outside of the heap. */
export interface PackedText {
  read(): string;
}

/** Below it the compressed form with its own overhead is no smaller. */
const worthPacking = 256;

export function packText(text: string): PackedText {
  if (text.length < worthPacking) return { read: () => text };
  const packed = deflateRawSync(text, { level: 1 });
  return { read: () => inflateRawSync(packed).toString('utf8') };
}
