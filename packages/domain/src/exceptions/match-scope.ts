import type { Finding, KubeObject } from '@kso/wire';
import { type Labels, selectorMatches } from '../label-selector.ts';
import { sanitizeClusterName } from '../wlid.ts';
import { containersOf, groupOf, podSpecOf } from '../workload.ts';
import { type ExceptionScope, type ScopeField, scopeFields } from './posture-exception.ts';

/** What an exception is matched against: an object, or what stands behind an RBAC subject, of which one is enough. */
export interface ExceptionSubject {
  readonly resourceId: string;
  readonly cluster: string;
  readonly objects: readonly SubjectObject[];
}

export interface SubjectObject {
  readonly object: KubeObject;
  /** Where it lives; empty for cluster-scoped kinds. */
  readonly namespace: string;
  /** Of a file, relative to the folder that is scanned. */
  readonly path?: string | undefined;
}

/** Labels of a namespace; undefined when they are not known, and then no selector matches (it fails closed). */
export type NamespaceLabels = (namespace: string) => Labels | undefined;

/** True if the resource is one that the scope names, whatever its findings are. */
export function scopeCovers(
  scope: ExceptionScope,
  subject: ExceptionSubject,
  namespaceLabels: NamespaceLabels,
): boolean {
  const { cluster, resourceId } = scope.fields;
  if (cluster?.matches(subject.cluster) === false && !cluster.matches(sanitizeClusterName(subject.cluster)))
    return false;
  if (resourceId?.matches(subject.resourceId) === false) return false;
  return subject.objects.some((object) => covers(scope, object, namespaceLabels));
}

const ofObjects = scopeFields.filter((field) => field !== 'cluster' && field !== 'resourceId');

function covers(
  scope: ExceptionScope,
  { object, namespace, path }: SubjectObject,
  namespaceLabels: NamespaceLabels,
): boolean {
  const { metadata, kind } = object;
  const place = kind === 'Namespace' ? metadata.name : namespace;
  const values: Partial<Record<ScopeField, string>> = {
    kind,
    name: metadata.name,
    namespace: place,
    path: path ?? '',
    apiGroup: groupOf(object.apiVersion),
  };
  if (!ofObjects.every((field) => scope.fields[field]?.matches(values[field] ?? '') !== false)) return false;
  const { labels = {}, annotations = {} } = metadata;
  if (!scope.labels.every(([key, value]) => own(labels, key) === value || own(annotations, key) === value))
    return false;
  if (scope.objectSelector !== undefined && !selectorMatches(scope.objectSelector, labels)) return false;
  if (scope.namespaceSelector === undefined) return true;
  const labelled = place === '' ? undefined : namespaceLabels(place);
  return labelled !== undefined && selectorMatches(scope.namespaceSelector, labelled);
}

/** True if the scope, which covers the resource, covers this finding: by its container, where it names containers or images. */
export function scopeCoversFinding(scope: ExceptionScope, finding: Finding, { objects }: ExceptionSubject): boolean {
  const { containerName, images } = scope;
  if (containerName === undefined && images === undefined) return true;
  return objects.some(({ object }) => {
    const container = containerOf(finding, object);
    if (container === undefined || containerName?.matches(container.name) === false) return false;
    return (
      images === undefined || images.some((glob) => container.image !== undefined && glob.matches(container.image))
    );
  });
}

/** The container that a finding is about, also where only its paths tell (findings of Rego rules). */
function containerOf(
  finding: Finding,
  object: KubeObject,
): { readonly name: string; readonly image: string | undefined } | undefined {
  const podSpec = podSpecOf(object);
  if (podSpec === undefined) return undefined;
  const containers = containersOf(podSpec);
  if (finding.container !== undefined) {
    const { name, list } = finding.container;
    const place = `${list}[`;
    const found = containers.find((container) => container.name === name && container.path.startsWith(place));
    return { name, image: found?.image };
  }
  const places = new Set(
    finding.paths.map(({ path }) => /(?:initContainers|containers|ephemeralContainers)\[\d+\]/.exec(path)?.[0]),
  );
  const [place] = places;
  return places.size === 1 ? containers.find(({ path }) => path === place) : undefined;
}

function own(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
