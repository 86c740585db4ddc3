import type { GroupKind, KubeObject } from '@kso/wire';
import type { ContainerType } from './instance-id.ts';

/** Untrusted JSON below the envelope of an object. */
export type UnknownRecord = Readonly<Record<string, unknown>>;

/** The pods that a workload makes. */
export interface PodTemplate {
  /** Metadata of the pods; the object's own for a Pod. */
  readonly metadata: UnknownRecord;
  readonly spec: UnknownRecord;
  /** Where `spec` stands in the object, e.g. `spec.template.spec`. */
  readonly path: string;
}

export interface ContainerEntry {
  readonly type: ContainerType;
  /** Empty if the container has none (then the object is invalid, but it is still looked at). */
  readonly name: string;
  /** As written; undefined if absent. */
  readonly image: string | undefined;
  /** Where the container stands below the pod spec, e.g. `initContainers[0]`. */
  readonly path: string;
  readonly container: UnknownRecord;
}

const templatesByKind: Readonly<
  Record<string, { readonly groups: readonly string[]; readonly template: readonly string[] }>
> = {
  Pod: { groups: [''], template: [] },
  PodTemplate: { groups: [''], template: ['template'] },
  ReplicationController: { groups: [''], template: ['spec', 'template'] },
  Deployment: { groups: ['apps', 'extensions'], template: ['spec', 'template'] },
  ReplicaSet: { groups: ['apps', 'extensions'], template: ['spec', 'template'] },
  DaemonSet: { groups: ['apps', 'extensions'], template: ['spec', 'template'] },
  StatefulSet: { groups: ['apps'], template: ['spec', 'template'] },
  Job: { groups: ['batch'], template: ['spec', 'template'] },
  CronJob: { groups: ['batch'], template: ['spec', 'jobTemplate', 'spec', 'template'] },
};

/** The kinds that run pods, as an API server of today serves them. */
export const workloadKinds: readonly GroupKind[] = Object.entries(templatesByKind)
  .filter(([kind]) => kind !== 'PodTemplate')
  .map(([kind, { groups }]) => ({ group: groups[0] ?? '', kind }));

const containerLists: readonly (readonly [string, ContainerType])[] = [
  ['initContainers', 'initContainer'],
  ['containers', 'container'],
  ['ephemeralContainers', 'ephemeralContainer'],
];

/** The API group of an object: empty for the core group. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/** True for the built-in kinds that make pods, and for Pod itself. */
export function isWorkload(object: KubeObject): boolean {
  return (
    Object.hasOwn(templatesByKind, object.kind) &&
    templatesByKind[object.kind]?.groups.includes(groupOf(object.apiVersion)) === true
  );
}

/** The pod template of any workload kind, or undefined when the object makes no pods or has no template. */
export function podTemplateOf(object: KubeObject): PodTemplate | undefined {
  if (!isWorkload(object)) return undefined;
  const path = templatesByKind[object.kind]?.template ?? [];
  let template: unknown = object;
  for (const field of path) template = isRecord(template) ? template[field] : undefined;
  if (!isRecord(template) || !isRecord(template['spec'])) return undefined;
  return {
    metadata: isRecord(template['metadata']) ? template['metadata'] : {},
    spec: template['spec'],
    path: [...path, 'spec'].join('.'),
  };
}

/** The pod spec of any workload kind, or undefined when the object makes no pods. */
export function podSpecOf(object: KubeObject): UnknownRecord | undefined {
  return podTemplateOf(object)?.spec;
}

/**
 * What keeps the pods of a workload from being read, as a sentence without its subject: `has no pod template`, `spec.containers is
 * no list`. An API server would refuse such an object; a manifest may hold it. Undefined for other objects and for those in order.
 */
export function podSpecProblem(object: KubeObject): string | undefined {
  if (!isWorkload(object)) return undefined;
  const fields = [...(templatesByKind[object.kind]?.template ?? []), 'spec'];
  let value: unknown = object;
  for (const [index, field] of fields.entries()) {
    value = (value as UnknownRecord)[field] ?? undefined;
    const path = fields.slice(0, index + 1).join('.');
    if (value === undefined) return field === 'template' ? 'has no pod template' : `has no ${path}`;
    if (!isRecord(value)) return `${path} is no mapping`;
  }
  return listProblem(value as UnknownRecord, fields.join('.'));
}

function listProblem(podSpec: UnknownRecord, path: string): string | undefined {
  for (const field of [...containerLists.map(([list]) => list), 'volumes']) {
    const list = podSpec[field] ?? [];
    if (!Array.isArray(list)) return `${path}.${field} is no list`;
    const wrong = list.findIndex((entry) => !isRecord(entry));
    if (wrong >= 0) return `${path}.${field}[${wrong}] is no mapping`;
  }
  return (podSpec['containers'] ?? undefined) === undefined ? `has no ${path}.containers` : undefined;
}

/** All containers of a pod spec: init, ordinary, ephemeral. Entries that are no objects are left out. */
export function containersOf(podSpec: UnknownRecord): ContainerEntry[] {
  return containerLists.flatMap(([field, type]) => {
    const list = podSpec[field];
    if (!Array.isArray(list)) return [];
    return (list as unknown[]).flatMap((container, index): ContainerEntry[] => {
      if (!isRecord(container)) return [];
      const { name, image } = container;
      return [
        {
          type,
          name: typeof name === 'string' ? name : '',
          image: typeof image === 'string' ? image : undefined,
          path: `${field}[${index}]`,
          container,
        },
      ];
    });
  });
}

/** A JSON object: neither null nor an array. */
export function isRecord(value: unknown): value is UnknownRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
