import { randomUUID } from 'node:crypto';
import type { KubeObject } from '@kso/wire';

export interface StoredEvent {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** `group/plural` */
  readonly collection: string;
  readonly object: KubeObject;
}

/** Objects with resource versions and a history of changes, as etcd keeps them. */
export interface FakeStore {
  readonly version: number;
  /** Events up to this version are forgotten. */
  readonly compactedVersion: number;
  put(collection: string, object: KubeObject): KubeObject;
  remove(collection: string, namespace: string | undefined, name: string): KubeObject | undefined;
  get(collection: string, namespace: string | undefined, name: string): KubeObject | undefined;
  list(collection: string): readonly KubeObject[];
  /** Events of a collection after the version. */
  since(collection: string, version: number): readonly StoredEvent[];
  /** Forgets the history, as etcd does every five minutes. */
  compact(): void;
  onEvent(listener: (event: StoredEvent) => void): () => void;
}

export function createFakeStore(): FakeStore {
  const collections = new Map<string, Map<string, KubeObject>>();
  const listeners = new Set<(event: StoredEvent) => void>();
  let history: StoredEvent[] = [];
  let version = 100;
  let compactedVersion = 100;

  const collectionOf = (collection: string) => {
    const known = collections.get(collection) ?? new Map<string, KubeObject>();
    collections.set(collection, known);
    return known;
  };
  const record = (type: StoredEvent['type'], collection: string, object: KubeObject) => {
    const event = { version, type, collection, object };
    history.push(event);
    for (const listener of listeners) listener(event);
  };

  return {
    get version() {
      return version;
    },
    get compactedVersion() {
      return compactedVersion;
    },
    put: (collection, object) => {
      const objects = collectionOf(collection);
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      const before = objects.get(key);
      version += 1;
      const stored: KubeObject = {
        ...object,
        metadata: {
          creationTimestamp: '2026-01-01T00:00:00Z',
          ...object.metadata,
          uid: object.metadata.uid ?? before?.metadata.uid ?? randomUUID(),
          resourceVersion: String(version),
          managedFields: [{ manager: 'fake', operation: 'Apply' }],
        },
      };
      objects.set(key, stored);
      record(before === undefined ? 'ADDED' : 'MODIFIED', collection, stored);
      return stored;
    },
    remove: (collection, namespace, name) => {
      const objects = collectionOf(collection);
      const key = keyOf(namespace, name);
      const before = objects.get(key);
      if (before === undefined) return undefined;
      objects.delete(key);
      version += 1;
      const last = { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } };
      record('DELETED', collection, last);
      return last;
    },
    get: (collection, namespace, name) => collectionOf(collection).get(keyOf(namespace, name)),
    list: (collection) =>
      [...collectionOf(collection)].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object),
    since: (collection, after) => history.filter((event) => event.collection === collection && event.version > after),
    compact: () => {
      history = [];
      compactedVersion = version;
    },
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}
