import { fileObjectId, kindName, kindOf, objectId } from '@kso/controls';
import { groupOf, type ObjectOrigin, type SourceEvent } from '@kso/domain';
import type { KubeObject } from '@kso/wire';
import { acceptedObject } from '../policy/envelope.ts';
import { recordKey } from '../policy/object-record.ts';
import { isOwnedChild } from '../policy/owned-children.ts';
import type { ObjectRef } from './run/protocol.ts';

/** An object as the source gave it: rules may read what the policy engine does not keep, a status or a Secret's values. */
export interface RegoObject {
  readonly id: string;
  readonly object: KubeObject;
  readonly kind: string;
  /** As written; empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly origin: ObjectOrigin | undefined;
}

/** The objects of the kinds that rules read, and which kinds changed since they were asked last. */
export class RegoObjects {
  readonly #byKind = new Map<string, Map<string, RegoObject>>();
  readonly #failed = new Map<string, string>();
  readonly #synced = new Set<string>();
  readonly #changed = new Set<string>();

  constructor(kinds: Iterable<string>) {
    for (const kind of kinds) this.#byKind.set(kind, new Map());
  }

  apply(event: SourceEvent): void {
    switch (event.type) {
      case 'added':
      case 'modified':
      case 'deleted':
        this.#applyObject(event.object, event.type === 'deleted', event.origin);
        return;
      case 'failed':
        this.#fail(kindName(event.kind), event.reason);
        return;
      case 'synced': {
        const name = kindName(event.kind);
        this.#synced.add(name);
        if (this.#failed.delete(name)) this.#changed.add(name);
        return;
      }
      default:
        return;
    }
  }

  ofKind(kind: string): readonly RegoObject[] {
    return [...(this.#byKind.get(kind)?.values() ?? [])];
  }

  /** By what a rule says of it: the API version may be missing. */
  find({ apiVersion, kind, namespace, name }: ObjectRef): RegoObject | undefined {
    const place = `|${namespace}|${name}`;
    if (apiVersion !== '') {
      const key = kindName({ group: groupOf(apiVersion), kind });
      return this.#byKind.get(key)?.get(key + place);
    }
    for (const [key, objects] of this.#byKind) {
      const found = key === kind || key.endsWith(`/${kind}`) ? objects.get(key + place) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  isFailed(kind: string): boolean {
    return this.#failed.has(kind);
  }

  get hasChanges(): boolean {
    return this.#changed.size > 0;
  }

  takeChanged(): ReadonlySet<string> {
    const changed = new Set(this.#changed);
    this.#changed.clear();
    return changed;
  }

  /** Marks kinds again, whose rules could not be evaluated to the end. */
  restore(kinds: Iterable<string>): void {
    for (const kind of kinds) this.#changed.add(kind);
  }

  #applyObject(received: KubeObject, isDeleted: boolean, origin: ObjectOrigin | undefined): void {
    const object = acceptedObject(received);
    if (object === undefined) return;
    const kind = kindName(kindOf(object));
    const objects = this.#byKind.get(kind);
    if (objects === undefined) return;
    const key = recordKey(object);
    if (isDeleted || isOwnedChild(object)) {
      if (objects.delete(key)) this.#changed.add(kind);
      return;
    }
    const id = origin === undefined ? objectId(object) : fileObjectId(object, origin.relativePath, origin.document);
    objects.set(key, { id, object, kind, namespace: object.metadata.namespace ?? '', origin });
    this.#changed.add(kind);
  }

  #fail(kind: string, reason: string): void {
    if (!this.#byKind.has(kind)) return;
    // Not served: there is nothing that could be missed. After a first list an outage leaves what is known.
    const isHarmless = reason === 'notServed' || (reason === 'unreachable' && this.#synced.has(kind));
    if (isHarmless ? this.#failed.delete(kind) : this.#failed.get(kind) !== reason) this.#changed.add(kind);
    if (!isHarmless) this.#failed.set(kind, reason);
  }
}
