import type { KubeObject } from '@kso/wire';
import { type ApiResource, apiVersionOf } from '../api/resource.ts';

/** What happened to an object, from the point of view of somebody who knows the state before. */
export interface Change {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly object: KubeObject;
}

/**
 * What a reflector knows of its kind: uid and resource version per object, never the objects. It turns events and complete lists
 * into changes, so whatever was missed comes out as the difference. A deletion that was found by a list carries an object that has
 * only its identity (apiVersion, kind, name, namespace, uid, resourceVersion).
 */
export interface KnownObjects {
  readonly size: number;
  /** An object is there in this state. */
  present(object: KubeObject, resource: ApiResource): Change[];
  /** An object has gone. */
  gone(object: KubeObject): Change[];
  /** Begins a complete list: what is not `present` until `endList` has gone. Beginning again forgets what was seen so far. */
  beginList(): void;
  endList(resource: ApiResource): Change[];
  /** The kind is not served any more. */
  clear(resource: ApiResource): Change[];
}

interface Known {
  readonly uid: string;
  readonly version: string;
  /** Number of the list that has seen it last. */
  seen: number;
}

export function createKnownObjects(): KnownObjects {
  // By name and not by uid: an object that was deleted and made anew under its name has to be reported in that order.
  const known = new Map<string, Known>();
  let list = 0;

  const forget = (key: string, { uid, version }: Known, resource: ApiResource): Change => {
    known.delete(key);
    return { type: 'deleted', object: identityOf(key, uid, version, resource) };
  };

  return {
    get size() {
      return known.size;
    },
    present: (object, resource) => {
      const key = keyOf(object);
      const uid = object.metadata.uid ?? '';
      const version = object.metadata.resourceVersion ?? '';
      const before = known.get(key);
      if (before !== undefined && before.uid === uid && before.version === version) {
        before.seen = list;
        return [];
      }
      const replaced = before !== undefined && before.uid !== uid ? [forget(key, before, resource)] : [];
      known.set(key, { uid, version, seen: list });
      const type = before !== undefined && before.uid === uid ? 'modified' : 'added';
      return [...replaced, { type, object }];
    },
    gone: (object) => {
      const key = keyOf(object);
      // A late event about a predecessor must not delete the object that has the name now.
      if (known.get(key)?.uid !== (object.metadata.uid ?? '')) return [];
      known.delete(key);
      return [{ type: 'deleted', object }];
    },
    beginList: () => {
      list += 1;
    },
    endList: (resource) =>
      [...known].filter(([, { seen }]) => seen !== list).map(([key, entry]) => forget(key, entry, resource)),
    clear: (resource) => [...known].map(([key, entry]) => forget(key, entry, resource)),
  };
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function identityOf(key: string, uid: string, resourceVersion: string, resource: ApiResource): KubeObject {
  // Neither a namespace nor a name can hold a slash.
  const slash = key.indexOf('/');
  const namespace = key.slice(0, slash);
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: { name: key.slice(slash + 1), ...(namespace === '' ? {} : { namespace }), uid, resourceVersion },
  };
}
