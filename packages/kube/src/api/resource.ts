import type { GroupKind } from '@kso/wire';

/** A kind as the API server serves it: where it is found and what can be done with it. */
export interface ApiResource extends GroupKind {
  readonly version: string;
  /** The name in paths, e.g. `networkpolicies`. */
  readonly plural: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** `Pod`, `apps/Deployment`: for logs, metrics and messages. */
export function kindLabel({ group, kind }: GroupKind): string {
  return group === '' ? kind : `${group}/${kind}`;
}

/** `v1`, `apps/v1`. */
export function apiVersionOf({ group, version }: Pick<ApiResource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The path of a collection, of a namespace's part of it, or of one object. */
export function resourcePath(resource: ApiResource, namespace?: string, name?: string): string {
  const base = resource.group === '' ? '/api' : `/apis/${encodeURIComponent(resource.group)}`;
  const inNamespace =
    resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${base}/${encodeURIComponent(resource.version)}${inNamespace}/${resource.plural}${object}`;
}
