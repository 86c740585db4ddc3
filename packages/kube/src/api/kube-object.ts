import type { KubeObject } from '@kso/wire';
import { isObject } from './answer.ts';
import { type ApiResource, apiVersionOf } from './resource.ts';

/**
 * The object of an answer, if it is one: it has metadata with a name and a resource version. Items of lists come without
 * `apiVersion` and `kind`; `managedFields` are dropped, as nobody here reads them and they are a third of the bytes.
 */
export function toKubeObject(value: unknown, resource: ApiResource): KubeObject | undefined {
  if (!isObject(value)) return undefined;
  const metadata = value['metadata'];
  if (!isObject(metadata)) return undefined;
  if (typeof metadata['name'] !== 'string' || metadata['name'] === '') return undefined;
  if (typeof metadata['resourceVersion'] !== 'string') return undefined;
  if (metadata['namespace'] !== undefined && typeof metadata['namespace'] !== 'string') return undefined;
  delete metadata['managedFields'];
  value['apiVersion'] ??= apiVersionOf(resource);
  value['kind'] ??= resource.kind;
  return value as unknown as KubeObject;
}
