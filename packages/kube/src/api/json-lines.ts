/** One line of a stream, or why there will be no more of them. */
export class LineTooLong extends Error {
  override readonly name = 'LineTooLong';
  constructor(limit: number) {
    super(`a line is longer than ${limit} bytes`);
  }
}

const newline = 0x0a;

/**
 * The non-empty lines of a stream of UTF-8. A last line without its newline is dropped: the stream was cut in the middle of it.
 * @throws LineTooLong; whatever the stream throws.
 */
export async function* lines(stream: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<string> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const piece = chunk.subarray(start, end);
      if (pendingBytes + piece.length > maxBytes) throw new LineTooLong(maxBytes);
      const line = pending.length === 0 ? textOf(piece) : textOf(Buffer.concat([...pending, piece]));
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      if (line.trim() !== '') yield line;
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
      if (pendingBytes > maxBytes) throw new LineTooLong(maxBytes);
    }
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
