import { isRecord } from '@kso/domain';
import type { KubeObject } from '@kso/wire';
import { recordAt, recordsAt, stringAt } from '../../objects/json.ts';
import type { Workload } from '../../objects/workload.ts';

/** True for Services that are reachable from outside of the cluster by themselves. */
export function isPublished(service: KubeObject): boolean {
  const type = stringAt(recordAt(service, 'spec'), 'type');
  return type === 'NodePort' || type === 'LoadBalancer';
}

/** True if a port of the Service leads to the workload: a named target port has to exist in one of its containers. */
export function hasReachablePort(service: KubeObject, workload: Workload): boolean {
  const names = new Set(
    workload.containers.flatMap(({ raw }) => recordsAt(raw, 'ports').map(({ value }) => stringAt(value, 'name') ?? '')),
  );
  return recordsAt(recordAt(service, 'spec'), 'ports').some(({ value }) => {
    const target = stringAt(value, 'targetPort');
    return target === undefined || /^\d+$/.test(target) || names.has(target);
  });
}

/** Paths in the Ingress where the Service is named as a back end, in the present and the older form. */
export function backendPaths(ingress: KubeObject, serviceName: string): string[] {
  const spec = recordAt(ingress, 'spec');
  const defaults = (['defaultBackend', 'backend'] as const).flatMap((field) =>
    backendPath(spec[field], `spec.${field}`, serviceName),
  );
  const ruled = recordsAt(spec, 'rules').flatMap(({ index, value: rule }) =>
    recordsAt(recordAt(rule, 'http'), 'paths').flatMap(({ index: position, value }) =>
      backendPath(value['backend'], `spec.rules[${index}].http.paths[${position}].backend`, serviceName),
    ),
  );
  return [...defaults, ...ruled];
}

function backendPath(backend: unknown, path: string, serviceName: string): string[] {
  if (!isRecord(backend)) return [];
  if (stringAt(recordAt(backend, 'service'), 'name') === serviceName) return [`${path}.service.name`];
  return stringAt(backend, 'serviceName') === serviceName ? [`${path}.serviceName`] : [];
}
