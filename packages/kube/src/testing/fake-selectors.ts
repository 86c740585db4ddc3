import type { KubeObject } from '@kso/wire';
import { isObject } from '../api/answer.ts';
import type { ApiPath } from './fake-paths.ts';

/** Namespace, `labelSelector` and `fieldSelector` with equalities, which is all that our clients send. */
export function matches(object: KubeObject, path: ApiPath, query: URLSearchParams): boolean {
  if (path.namespace !== undefined && object.metadata.namespace !== path.namespace) return false;
  const labels = pairs(query.get('labelSelector')).every(([key, value]) => object.metadata.labels?.[key] === value);
  return labels && pairs(query.get('fieldSelector')).every(([key, value]) => fieldOf(object, key) === value);
}

/** A field that no kind can be selected by. */
export function unknownField(query: URLSearchParams): string | undefined {
  return pairs(query.get('fieldSelector')).find(([field]) => !/^(?:metadata|spec|status)\./.test(field))?.[0];
}

function pairs(selector: string | null): [string, string][] {
  if (selector === null || selector === '') return [];
  return selector.split(',').map((pair) => {
    const equals = pair.indexOf('=');
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  });
}

function fieldOf(object: unknown, path: string): unknown {
  let value = object;
  for (const field of path.split('.')) value = isObject(value) ? value[field] : undefined;
  return value;
}
