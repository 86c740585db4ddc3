/** `a.b[0][c.d/e]` → a, b, 0, c.d/e (scanner.md 8.4); quotes within brackets are allowed. */
export function parsePath(path: string): string[] {
  const parts: string[] = [];
  for (const [, quoted, bracketed, plain] of path.matchAll(/\[(?:"([^"]*)"|([^\]]*))\]|([^.[\]]+)/g)) {
    const part = quoted ?? bracketed ?? plain;
    if (part !== undefined && part !== '') parts.push(part);
  }
  return parts;
}

/** The path of a field of an object that stands at `prefix` of its document (`items[2]`). */
export function joinPath(prefix: string | undefined, path: string): string {
  if (prefix === undefined || prefix === '') return path;
  return path === '' ? prefix : `${prefix}${path.startsWith('[') ? '' : '.'}${path}`;
}
