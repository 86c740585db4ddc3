import {
  kindName,
  kinds,
  type LabelSelector,
  type Labels,
  podLabelsOf,
  podSelectorOf,
  serviceSelectorOf,
} from '@kso/controls';
import type { KubeObject } from '@kso/wire';
import { LabelIndex } from './label-index.ts';
import type { ObjectRecord } from './port.ts';
import { SelectorIndex } from './selector-index.ts';

const selectorReaders: ReadonlyMap<string, (object: KubeObject) => LabelSelector | undefined> = new Map([
  [kindName(kinds.service), serviceSelectorOf],
  [kindName(kinds.networkPolicy), podSelectorOf],
]);

interface Shelf {
  /** namespace → name → records. */
  readonly namespaces: Map<string, Map<string, Set<ObjectRecord>>>;
  readonly selectors: Map<string, SelectorIndex>;
  readonly records: Set<ObjectRecord>;
}

/** The objects by kind, namespace and name, and by what their selectors match. */
export class ObjectIndex {
  readonly #byKey = new Map<string, ObjectRecord>();
  readonly #shelves = new Map<string, Shelf>();
  /** namespace → what makes pods there, by the labels of these pods. */
  readonly #podMakers = new Map<string, LabelIndex>();

  /** Objects at the top by namespace, without Jobs. */
  readonly #counts = new Map<string, number>();

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): ObjectRecord | undefined {
    return this.#byKey.get(key);
  }

  add(record: ObjectRecord): void {
    this.#byKey.set(record.key, record);
    this.#count(record, 1);
    const shelf = this.#shelf(record.kindName);
    shelf.records.add(record);
    const names = getOrMake(shelf.namespaces, record.namespace, () => new Map<string, Set<ObjectRecord>>());
    getOrMake(names, record.object.metadata.name, () => new Set<ObjectRecord>()).add(record);
    const labels = podLabelsOf(record.object);
    if (labels !== undefined) getOrMake(this.#podMakers, record.namespace, () => new LabelIndex()).add(record, labels);
    const selector = selectorReaders.get(record.kindName)?.(record.object);
    if (selector !== undefined)
      getOrMake(shelf.selectors, record.namespace, () => new SelectorIndex()).add(record, selector);
  }

  remove(record: ObjectRecord): void {
    this.#byKey.delete(record.key);
    this.#count(record, -1);
    const shelf = this.#shelf(record.kindName);
    shelf.records.delete(record);
    const names = shelf.namespaces.get(record.namespace);
    const { name } = record.object.metadata;
    names?.get(name)?.delete(record);
    if (names?.get(name)?.size === 0) names.delete(name);
    if (names?.size === 0) shelf.namespaces.delete(record.namespace);
    shelf.selectors.get(record.namespace)?.remove(record);
    this.#podMakers.get(record.namespace)?.remove(record);
  }

  has(kind: string): boolean {
    return (this.#shelves.get(kind)?.records.size ?? 0) > 0;
  }

  count(kind: string): number {
    return this.#shelves.get(kind)?.records.size ?? 0;
  }

  all(kind: string): Iterable<ObjectRecord> {
    return this.#shelves.get(kind)?.records ?? [];
  }

  inNamespace(kind: string, namespace: string): ObjectRecord[] {
    const names = this.#shelves.get(kind)?.namespaces.get(namespace);
    return names === undefined ? [] : [...names.values()].flatMap((records) => [...records]);
  }

  named(kind: string, namespace: string, name: string): Iterable<ObjectRecord> {
    return this.#shelves.get(kind)?.namespaces.get(namespace)?.get(name) ?? [];
  }

  selecting(kind: string, namespace: string, labels: Labels): ObjectRecord[] {
    return this.#shelves.get(kind)?.selectors.get(namespace)?.matching(labels) ?? [];
  }

  hasWorkload(namespace: string, selector: LabelSelector): boolean {
    return this.#podMakers.get(namespace)?.hasMatch(selector) === true;
  }

  #count({ namespace, kindName }: ObjectRecord, by: number): void {
    if (namespace === '' || kindName === 'batch/Job') return;
    const count = (this.#counts.get(namespace) ?? 0) + by;
    if (count === 0) this.#counts.delete(namespace);
    else this.#counts.set(namespace, count);
  }

  #shelf(kind: string): Shelf {
    return getOrMake(this.#shelves, kind, () => ({
      namespaces: new Map<string, Map<string, Set<ObjectRecord>>>(),
      selectors: new Map<string, SelectorIndex>(),
      records: new Set<ObjectRecord>(),
    }));
  }
}

/** The selector of an object of a kind that has one, to tell which labels a change is about. */
export function selectorOf(record: ObjectRecord): LabelSelector | undefined {
  return selectorReaders.get(record.kindName)?.(record.object);
}

export function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
