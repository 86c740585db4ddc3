/**
 * The parts of a path as findings have it (scanner.md 8.4): `a.b[0][c.d/e]` → a, b, 0, c.d/e. Quotes within brackets are allowed.
 */
export function parseFieldPath(path: string): string[] {
  const parts: string[] = [];
  for (const [, quoted, bracketed, plain] of path.matchAll(/\[(?:"([^"]*)"|([^\]]*))\]|([^.[\]]+)/g)) {
    const part = quoted ?? bracketed ?? plain;
    if (part !== undefined && part !== '') parts.push(part);
  }
  return parts;
}

/** The path of a field of an object that stands at `prefix` of its document (`items[2]`). */
export function joinFieldPath(prefix: string | undefined, path: string): string {
  if (prefix === undefined || prefix === '') return path;
  return path === '' ? prefix : `${prefix}${path.startsWith('[') ? '' : '.'}${path}`;
}
