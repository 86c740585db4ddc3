/** One entry of a tar archive. Paths are relative and use `/`. */
export type TarEntry =
  | { readonly type: 'file'; readonly path: string; readonly content: Buffer | string; readonly mode?: number }
  | { readonly type: 'folder'; readonly path: string; readonly mode?: number }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string };

const blockSize = 512;
const typeFlags = { file: '0', symlink: '2', folder: '5', pax: 'x' } as const;

/** A POSIX tar archive (ustar, with pax records for long names) that is the same bytes for the same entries: all times are 0. */
export function tar(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(entryBlocks), Buffer.alloc(2 * blockSize)]);
}

function entryBlocks(entry: TarEntry): Buffer[] {
  const name = entry.type === 'folder' ? `${entry.path.replace(/\/$/, '')}/` : entry.path;
  const content = entry.type === 'file' ? Buffer.from(entry.content) : Buffer.alloc(0);
  const target = entry.type === 'symlink' ? entry.target : '';
  const mode = entry.type === 'symlink' ? 0o777 : (entry.mode ?? (entry.type === 'folder' ? 0o755 : 0o644));
  const records = [...paxRecord('path', name), ...paxRecord('linkpath', target)].join('');
  const pax = records === '' ? [] : fileBlocks({ name: 'pax', flag: typeFlags.pax, mode: 0o644 }, Buffer.from(records));
  return [...pax, ...fileBlocks({ name, flag: typeFlags[entry.type], mode, target }, content)];
}

interface Header {
  readonly name: string;
  readonly flag: string;
  readonly mode: number;
  readonly target?: string;
}

function fileBlocks(fields: Header, content: Buffer): Buffer[] {
  const padding = Buffer.alloc((blockSize - (content.length % blockSize)) % blockSize);
  return [headerBlock(fields, content.length), content, padding];
}

/** Only the header of a plain file of `size` bytes, for whoever makes a content that is too large for memory. */
export function tarFileHeader(path: string, size: number): Buffer {
  return headerBlock({ name: path, flag: typeFlags.file, mode: 0o644 }, size);
}

function headerBlock({ name, flag, mode, target = '' }: Header, size: number): Buffer {
  const header = Buffer.alloc(blockSize);
  header.write(name, 0, 100);
  header.write(octal(mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(size, 11), 124);
  header.write(octal(0, 11), 136);
  header.write(' '.repeat(8), 148);
  header.write(flag, 156);
  header.write(target, 157, 100);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\u0000 `, 148);
  return header;
}

/** `LENGTH key=value\n`, where LENGTH counts itself; only for values that do not fit the header. */
function paxRecord(key: string, value: string): string[] {
  if (Buffer.byteLength(value) <= 100) return [];
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest;
  while (rest + String(length).length !== length) length = rest + String(length).length;
  return [`${length} ${key}=${value}\n`];
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
