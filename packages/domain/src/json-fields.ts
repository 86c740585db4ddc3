import { isRecord, type UnknownRecord } from './workload.ts';

/**
 * Reading untrusted JSON. A value of another type counts as absent: an API server would have refused it, and a control must
 * neither throw on it nor take it for what it is not.
 */
export const noFields: UnknownRecord = Object.freeze({});

export function recordAt(parent: UnknownRecord, field: string): UnknownRecord {
  const value = own(parent, field);
  return isRecord(value) ? value : noFields;
}

export function listAt(parent: UnknownRecord, field: string): readonly unknown[] {
  const value = own(parent, field);
  return Array.isArray(value) ? value : [];
}

/** The items of a list that are objects, each with its index in the list as written. */
export function recordsAt(parent: UnknownRecord, field: string): readonly { index: number; value: UnknownRecord }[] {
  return listAt(parent, field).flatMap((value, index) => (isRecord(value) ? [{ index, value }] : []));
}

export function stringAt(parent: UnknownRecord, field: string): string | undefined {
  const value = own(parent, field);
  return typeof value === 'string' ? value : undefined;
}

export function booleanAt(parent: UnknownRecord, field: string): boolean | undefined {
  const value = own(parent, field);
  return typeof value === 'boolean' ? value : undefined;
}

export function numberAt(parent: UnknownRecord, field: string): number | undefined {
  const value = own(parent, field);
  return typeof value === 'number' ? value : undefined;
}

export function stringsAt(parent: UnknownRecord, field: string): readonly string[] {
  return listAt(parent, field).filter((value) => typeof value === 'string');
}

/** A map of strings, such as labels; entries of another type are left out. */
export function stringMapAt(parent: UnknownRecord, field: string): Readonly<Record<string, string>> {
  const map = recordAt(parent, field);
  const entries = Object.entries(map);
  return entries.every(([, value]) => typeof value === 'string')
    ? (map as Readonly<Record<string, string>>)
    : Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/**
 * The named members of an object whatever case they are written in, under the names asked for (operator-gateway.md 0.1). Of two
 * spellings the last one counts, as with the decoder that the senders were written for. `null` is absent.
 */
export function fieldsOf<Name extends string>(
  value: UnknownRecord,
  names: readonly Name[],
): Partial<Record<Name, unknown>> {
  const byLowerCase = new Map(names.map((name) => [name.toLowerCase(), name]));
  const found: Partial<Record<Name, unknown>> = {};
  for (const [key, member] of Object.entries(value)) {
    const name = byLowerCase.get(key.toLowerCase());
    if (name === undefined) continue;
    if (member === null) delete found[name];
    else found[name] = member;
  }
  return found;
}

export function has(parent: UnknownRecord, field: string): boolean {
  const value = own(parent, field);
  return value !== undefined && value !== null;
}

/** Only what stands in the document itself: `constructor` and the like are ordinary names there. */
function own(parent: UnknownRecord, field: string): unknown {
  return Object.hasOwn(parent, field) ? parent[field] : undefined;
}
