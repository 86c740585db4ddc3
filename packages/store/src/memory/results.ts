import type { JsonValue } from '@kso/wire';
import type { ResultStore, StoredResult } from '../port.ts';

/** By kind and key, the body as text: what a caller does to its object later must not change what is stored. */
export type ResultState = Map<string, Omit<StoredResult, 'body'> & { readonly json: string }>;

export function createMemoryResults(state: ResultState): ResultStore {
  const id = (kind: string, key: string) => JSON.stringify([kind, key]);
  const page = (kind: string, after: string, limit: number, matches = (_key: string) => true) =>
    [...state.values()]
      .filter((each) => each.kind === kind && matches(each.key) && byteOrder(each.key, after) > 0)
      .sort((a, b) => byteOrder(a.key, b.key))
      .slice(0, limit);
  return {
    put(result) {
      const { body, ...rest } = result;
      const existing = state.get(id(result.kind, result.key));
      if (existing?.idempotencyKey === result.idempotencyKey) return false;
      state.set(id(result.kind, result.key), { ...rest, json: JSON.stringify(body) });
      return true;
    },
    get(kind, key) {
      const found = state.get(id(kind, key));
      return found === undefined ? undefined : toResult(found);
    },
    delete: (kind, key) => state.delete(id(kind, key)),
    list: (kind, { prefix = '', after = '', limit }) =>
      page(kind, after, limit, (key) => key.startsWith(prefix)).map((each) => toResult(each)),
    keys: (kind, { after = '', limit }) =>
      page(kind, after, limit).map(({ key, idempotencyKey }) => ({ key, idempotencyKey })),
    count: (kind) => [...state.values()].filter((each) => each.kind === kind).length,
    prune(kind, before) {
      const old = [...state].filter(([, each]) => each.kind === kind && each.storedAt < before);
      for (const [key] of old) state.delete(key);
      return old.length;
    },
  };
}

function toResult({ json, ...rest }: Omit<StoredResult, 'body'> & { readonly json: string }): StoredResult {
  return { ...rest, body: JSON.parse(json) as JsonValue };
}

/** SQLite orders text by its UTF-8 bytes, JavaScript by UTF-16 units: they differ beyond the basic plane. */
function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
