import { cloudProviderOf } from '@kso/controls';
import type { ExceptionSubject, SubjectObject } from '@kso/domain';
import { isRecord } from '@kso/domain';
import type { KubeObject, ResourceResult } from '@kso/wire';
import type { ClusterFacts, EvaluatedResource, ObjectRecord } from './port.ts';
import type { Target } from './target.ts';

type Identity = Pick<ResourceResult, 'resourceId' | 'apiVersion' | 'kind' | 'namespace' | 'name'>;

export function identityOf(target: Target): Identity {
  if (target.type === 'object') {
    const { apiVersion, kind, metadata } = target.record.object;
    return { resourceId: target.id, apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name };
  }
  if (target.type === 'foreign') {
    const { apiVersion, kind, namespace, name } = target.resource;
    return { resourceId: target.id, apiVersion, kind, namespace, name };
  }
  const { apiGroup = '', kind, namespace = '', name } = target.vector.subject;
  return { resourceId: target.id, apiVersion: apiGroup, kind, namespace, name };
}

/** What reports show of a target. `nodes`: how many a DaemonSet runs on that does not tell. */
export function resourceOf(target: Target, nodes: number): EvaluatedResource {
  if (target.type === 'foreign') return target.resource;
  const weigh = ({ weight }: ObjectRecord): number => (weight > 0 ? weight : Math.max(1, nodes));
  if (target.type === 'object') {
    const { record } = target;
    const { object, origin, namespace } = record;
    return { id: target.id, object, weight: weigh(record), namespace, ...(origin === undefined ? {} : { origin }) };
  }
  const { subject } = target.vector;
  const related = [target.binding, target.role];
  return {
    id: target.id,
    object: { ...definedFields(subject), relatedObjects: related.map(({ object }) => object) },
    weight: Math.max(...related.map(weigh)),
    namespace: subject.namespace ?? target.binding.namespace,
  };
}

/** What exceptions are matched against: of an RBAC subject also the binding and the role behind it. */
export function exceptionSubjectOf(target: Target, cluster: string): ExceptionSubject {
  const base = { resourceId: target.id, cluster };
  if (target.type === 'object') return { ...base, objects: [subjectObject(target.record)] };
  if (target.type === 'foreign') return { ...base, objects: foreignObjects(target.resource) };
  const { kind, name, namespace = '', apiGroup = '' } = target.vector.subject;
  const self: KubeObject = { apiVersion: apiGroup === '' ? 'v1' : `${apiGroup}/v1`, kind, metadata: { name } };
  return { ...base, objects: [{ object: self, namespace }, subjectObject(target.binding), subjectObject(target.role)] };
}

function subjectObject({ object, namespace, origin }: ObjectRecord): SubjectObject {
  return { object, namespace, path: origin?.relativePath };
}

function foreignObjects({ object, namespace, origin }: EvaluatedResource): SubjectObject[] {
  const related: unknown = object['relatedObjects'];
  return [object, ...(Array.isArray(related) ? (related as unknown[]) : [])].flatMap((each): SubjectObject[] => {
    if (!isRecord(each) || typeof each['kind'] !== 'string') return [];
    const metadata = isRecord(each['metadata']) ? each['metadata'] : { name: each['name'] };
    const apiVersion = typeof each['apiVersion'] === 'string' ? each['apiVersion'] : 'v1';
    const name = typeof metadata['name'] === 'string' ? metadata['name'] : '';
    return [
      {
        object: { ...each, apiVersion, kind: each['kind'], metadata: { ...metadata, name } },
        namespace: typeof metadata['namespace'] === 'string' ? metadata['namespace'] : namespace,
        path: origin?.relativePath,
      },
    ];
  });
}

const controlPlaneTaints = new Set(['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master']);

export function clusterFacts(
  counts: ReadonlyMap<string, number>,
  nodes: readonly KubeObject[],
  descriptions: readonly KubeObject[],
): ClusterFacts {
  return {
    namespaceToNumberOfResources: Object.fromEntries(counts),
    numberOfWorkerNodes: nodes.length === 0 ? undefined : nodes.filter(isWorker).length,
    cloudProvider: cloudProviderOf(nodes, descriptions),
  };
}

function isWorker({ spec }: KubeObject): boolean {
  const taints: unknown = isRecord(spec) ? spec['taints'] : undefined;
  if (!Array.isArray(taints)) return true;
  return !(taints as unknown[]).some(
    (taint) =>
      isRecord(taint) &&
      taint['effect'] === 'NoSchedule' &&
      typeof taint['key'] === 'string' &&
      controlPlaneTaints.has(taint['key']),
  );
}

function definedFields(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}

/** Of what the target itself is; what it asked about is not in it. */
export function ownHashes(target: Target): readonly unknown[] {
  if (target.type === 'object') return [target.record.hash()];
  if (target.type === 'foreign') return [target.resource.object];
  return [target.binding.hash(), target.role.hash(), String(target.vector.subjectIndex)];
}
