import type { ApiResource } from '../api/resource.ts';

export interface ApiPath {
  readonly resource: ApiResource;
  /** Key of the collection in the store; the same for all versions. */
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** `/apis/apps/v1/namespaces/shop/deployments/web`; undefined for anything that is not served. */
export function parsePath(pathname: string, resources: readonly ApiResource[]): ApiPath | undefined {
  const parts = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const group = parts[0] === 'apis' ? parts[1] : '';
  const [version, ...rest] = parts.slice(parts[0] === 'apis' ? 2 : 1);
  const isInNamespace = rest[0] === 'namespaces' && rest.length > 2;
  const [plural, name, subresource] = isInNamespace ? rest.slice(2) : rest;
  const resource = resources.find(
    (entry) => entry.group === group && entry.version === version && entry.plural === plural,
  );
  if (resource === undefined || (subresource !== undefined && subresource !== 'status')) return undefined;
  return { resource, collection: `${group}/${plural}`, namespace: isInNamespace ? rest[1] : undefined, name };
}
