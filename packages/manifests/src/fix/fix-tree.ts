import { isRecord } from '@kso/domain';
import type { FieldValue } from './value.ts';

/** Fields to set, by the parts of their paths: what is missing above several of them is made once. */
export interface FixTree {
  readonly children: Map<string, FixTree>;
  value?: FieldValue;
}

export interface SetField {
  readonly path: readonly string[];
  readonly value: FieldValue;
}

export function treeOf(fields: readonly SetField[]): FixTree {
  const root: FixTree = { children: new Map() };
  for (const { path, value } of fields) {
    let node = root;
    for (const part of path) {
      let child = node.children.get(part);
      if (child === undefined) node.children.set(part, (child = { children: new Map() }));
      node = child;
    }
    node.value = value;
  }
  return root;
}

/** Whether a new member of this name means a list. */
export function isIndex(part: string): boolean {
  return /^(?:0|[1-9]\d{0,5})$/.test(part);
}

/** A new list of the children `0`, `1`, …; undefined if they are the members of a mapping. */
export function asList({ children }: FixTree): FixTree[] | undefined {
  const keys = [...children.keys()];
  if (keys.length === 0 || !keys.every(isIndex)) return undefined;
  return keys.toSorted((a, b) => Number(a) - Number(b)).map((key) => children.get(key) ?? { children: new Map() });
}

/** The document as it is to be: everything as before, and the fields. Undefined if a field cannot be there. */
export function withFields(document: unknown, fields: readonly SetField[]): unknown {
  const copy: unknown = structuredClone(document);
  return fields.every(({ path, value }) => setField(copy, path, value)) ? copy : undefined;
}

function setField(root: unknown, path: readonly string[], value: FieldValue): boolean {
  let parent: unknown = root;
  for (const [position, part] of path.entries()) {
    const next = path[position + 1];
    const before = memberOf(parent, part);
    const isCollection = typeof before === 'object' && before !== null;
    // A field of the one kind never takes the place of one of the other.
    if (next === undefined ? isCollection : before !== undefined && before !== null && !isCollection) return false;
    const made: unknown = next === undefined ? value : (before ?? (isIndex(next) ? [] : {}));
    if (Array.isArray(parent)) {
      if (!isIndex(part) || Number(part) > parent.length) return false;
      parent[Number(part)] = made;
    } else if (isRecord(parent)) {
      Object.defineProperty(parent, part, { value: made, enumerable: true, configurable: true, writable: true });
    } else return false;
    parent = made;
  }
  return true;
}

function memberOf(parent: unknown, part: string): unknown {
  if (Array.isArray(parent)) return isIndex(part) ? (parent as unknown[])[Number(part)] : undefined;
  return isRecord(parent) && Object.hasOwn(parent, part) ? parent[part] : undefined;
}
