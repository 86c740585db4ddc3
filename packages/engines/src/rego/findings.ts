import { isRecord } from '@kso/domain';
import type { ContainerList, Finding, FindingPath } from '@kso/wire';
import type { RegoObjects } from './objects.ts';
import type { RegoResource } from './port.ts';
import { type MadeResource, resourceOf, resourceOfItem } from './resource.ts';
import type { InputItem } from './rule-input.ts';
import type { ObjectRef, RawExternal, RawFinding, RawPaths } from './run/protocol.ts';

/** Finds the resources that rules name, and puts what they say of them into our form. */
export class FindingReader {
  readonly #objects: RegoObjects;
  readonly #items: ReadonlyMap<string, InputItem>;
  readonly #ruleName: string;
  /** Resources that were named, with those that rules made themselves. */
  readonly resources = new Map<string, RegoResource>();

  constructor(ruleName: string, objects: RegoObjects, items: readonly InputItem[]) {
    this.#ruleName = ruleName;
    this.#objects = objects;
    this.#items = new Map(items.map((item) => [item.id, item]));
  }

  /** The ids of the resources that a finding is about. One that names nothing is about nothing (scanner.md 14.2). */
  subjectsOf({ objects, external }: RawFinding): string[] {
    const ids = objects.map((ref) => this.#idOf(ref));
    return [...new Set(external === undefined ? ids : [...ids, this.#idOfExternal(external)])];
  }

  finding(raw: RawFinding, resourceId: string): Finding {
    const related = raw.related.map(({ object, paths }) => ({ id: this.#idOf(object), paths }));
    const paths = [
      ...findingPaths(raw.paths, undefined),
      ...related.flatMap(({ id, paths: own }) => findingPaths(own, id)),
    ];
    const relatedIds = [
      ...new Set([
        ...related.map(({ id }) => id),
        ...(raw.external?.relatedObjects ?? []).map((ref) => this.#idOf(ref)),
      ]),
    ].filter((id) => id !== resourceId);
    const container = containerOf(this.resources.get(resourceId)?.object, paths);
    const { fixCommand } = raw.paths;
    return {
      message: raw.message === '' ? `rule ${this.#ruleName} denies it` : raw.message,
      paths,
      ...(container === undefined ? {} : { container }),
      ...(relatedIds.length === 0 ? {} : { relatedIds }),
      ...(fixCommand === undefined ? {} : { fixCommand }),
    };
  }

  #idOf(ref: ObjectRef): string {
    const found = this.#objects.find(ref);
    return found === undefined ? this.#remember(made(ref, ref)) : this.#remember(resourceOf(found));
  }

  #idOfExternal(external: RawExternal): string {
    if (external.relatedObjects.length === 0) {
      const found = this.#objects.find(external);
      return this.#remember(found === undefined ? made(external, external.object) : resourceOf(found));
    }
    // A vector: the ids of all that belongs to it (scanner.md 9).
    const { apiGroup, namespace, kind, name } = external;
    const ids = [
      `${apiGroup}/${namespace}/${kind}/${name}`,
      ...external.relatedObjects.map((ref) => this.#relatedId(ref)),
    ];
    const id = ids.sort().join('/');
    const item = this.#items.get(id);
    return this.#remember(
      item === undefined ? { ...made(external, external.object), id, apiVersion: apiGroup } : resourceOfItem(item),
    );
  }

  #relatedId(ref: ObjectRef): string {
    return this.#objects.find(ref)?.id ?? made(ref, ref).id;
  }

  #remember(resource: RegoResource): string {
    this.resources.set(resource.id, resource);
    return resource.id;
  }
}

function made(
  { apiVersion, kind, namespace, name }: ObjectRef,
  object: MadeResource['object'] | ObjectRef,
): RegoResource {
  const version = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  const id = `${version}/${namespace}/${kind}/${name}`;
  return { id, object: { ...object }, weight: 1, namespace, apiVersion, kind, name };
}

function findingPaths(paths: RawPaths, resourceId: string | undefined): FindingPath[] {
  const owner = resourceId === undefined ? {} : { resourceId };
  const plain = (type: 'failed' | 'review' | 'delete') => (path: string) => ({ type, path, ...owner });
  return [
    ...paths.failed.map(plain('failed')),
    ...paths.review.map(plain('review')),
    ...paths.delete.map(plain('delete')),
    ...paths.fix.map(({ path, value }) => ({ type: 'fix' as const, path, value, ...owner })),
  ];
}

const containerPath = /^(.*?)\b(containers|initContainers|ephemeralContainers)\[(\d+)\]/;

/** The container that the paths stand in: rules give the path only, and exceptions ask for the name. */
function containerOf(object: unknown, paths: readonly FindingPath[]): Finding['container'] {
  for (const { path, resourceId } of paths) {
    const [, before = '', list, index] = containerPath.exec(path) ?? [];
    if (list === undefined || resourceId !== undefined) continue;
    let value = object;
    for (const key of [...before.split('.').filter((part) => part !== ''), list]) {
      value = isRecord(value) ? value[key] : undefined;
    }
    const container: unknown = Array.isArray(value) ? value[Number(index)] : undefined;
    const name = isRecord(container) ? container['name'] : undefined;
    if (typeof name === 'string') return { name, list: list as ContainerList };
  }
  return undefined;
}
