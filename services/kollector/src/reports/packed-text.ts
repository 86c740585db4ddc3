import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Text that is seldom read, kept small: JSON of Kubernetes objects shrinks to about a fifth. */
export interface PackedText {
  read(): string;
}

/** Below it the compressed form with its own overhead is no smaller. */
const worthPacking = 256;

export function packText(text: string): PackedText {
  if (text.length < worthPacking) return { read: () => text };
  // As a string of one byte each: the buffer is a view of one of 16 KiB, which it would keep.
  const packed = deflateRawSync(text, { level: 1 }).toString('latin1');
  return { read: () => inflateRawSync(Buffer.from(packed, 'latin1')).toString('utf8') };
}
