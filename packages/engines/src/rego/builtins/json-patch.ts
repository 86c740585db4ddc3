/** JSON Patch (RFC 6902), with JSON Pointer paths or lists of keys, as `json.patch` of OPA takes them. The target is not changed. */
export function jsonPatch(target: unknown, patches: unknown): unknown {
  if (!Array.isArray(patches)) return undefined;
  const root = { value: structuredClone(target) };
  for (const patch of patches as readonly unknown[]) {
    if (!isRecord(patch) || !apply(root, patch)) return undefined;
  }
  return root.value;
}

type Json = Record<string, unknown>;

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function apply(root: { value: unknown }, patch: Json): boolean {
  const path = keysOf(patch['path']);
  const from = keysOf(patch['from']);
  if (path === undefined) return false;
  switch (patch['op']) {
    case 'add':
      return write(root, path, structuredClone(patch['value']), 'add');
    case 'replace':
      return write(root, path, structuredClone(patch['value']), 'replace');
    case 'remove':
      return remove(root, path);
    case 'test':
      return same(read(root, path), patch['value']);
    case 'copy':
    case 'move': {
      if (from === undefined) return false;
      const value = structuredClone(read(root, from));
      if (value === undefined || (patch['op'] === 'move' && !remove(root, from))) return false;
      return write(root, path, value, 'add');
    }
    default:
      return false;
  }
}

function keysOf(path: unknown): string[] | undefined {
  if (Array.isArray(path)) return path.map(String);
  if (typeof path !== 'string') return undefined;
  const text = path.startsWith('/') ? path.slice(1) : path;
  return text === '' ? [] : text.split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(root: { value: unknown }, keys: readonly string[]): unknown {
  let value = root.value;
  for (const key of keys) {
    if (Array.isArray(value)) value = value[indexOf(key, value.length) ?? -1];
    else if (isRecord(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}

function write(root: { value: unknown }, keys: readonly string[], value: unknown, op: 'add' | 'replace'): boolean {
  const key = keys.at(-1);
  if (value === undefined) return false;
  if (key === undefined) {
    root.value = value;
    return true;
  }
  const parent = read(root, keys.slice(0, -1));
  if (Array.isArray(parent)) {
    const index = key === '-' && op === 'add' ? parent.length : indexOf(key, parent.length + (op === 'add' ? 1 : 0));
    if (index === undefined) return false;
    parent.splice(index, op === 'add' ? 0 : 1, value);
    return true;
  }
  if (!isRecord(parent) || (op === 'replace' && !Object.hasOwn(parent, key))) return false;
  setOwn(parent, key, value);
  return true;
}

function remove(root: { value: unknown }, keys: readonly string[]): boolean {
  const key = keys.at(-1);
  if (key === undefined) return false;
  const parent = read(root, keys.slice(0, -1));
  if (Array.isArray(parent)) {
    const index = indexOf(key, parent.length);
    if (index === undefined) return false;
    parent.splice(index, 1);
    return true;
  }
  return isRecord(parent) && Object.hasOwn(parent, key) && delete parent[key];
}

/** Keys come from rules: `__proto__` is a key like another. */
function setOwn(parent: Json, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}

function indexOf(key: string, length: number): number | undefined {
  const index = /^(?:0|[1-9]\d*)$/.test(key) ? Number(key) : -1;
  return index >= 0 && index < length ? index : undefined;
}

function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, at) => same(item, b[at]));
  if (isRecord(a) && isRecord(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
  }
  return a === b;
}
