const block = 512;

/** The content of one file of a tar archive, or undefined. Only what `opa build` writes: plain entries, names without a prefix. */
export function tarEntry(archive: Buffer, wanted: string): Buffer | undefined {
  let offset = 0;
  while (offset + block <= archive.length) {
    const name = field(archive, offset, 100);
    if (name === '') return undefined;
    const size = Number.parseInt(field(archive, offset + 124, 12), 8);
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    const start = offset + block;
    if (name.replace(/^\.?\//, '') === wanted) {
      return start + size <= archive.length ? archive.subarray(start, start + size) : undefined;
    }
    offset = start + Math.ceil(size / block) * block;
  }
  return undefined;
}

function field(archive: Buffer, start: number, length: number): string {
  const bytes = archive.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? length : end).trim();
}
