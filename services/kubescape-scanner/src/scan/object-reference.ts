import type { ObjectReference } from '@kso/engines';
import type { PostureScanRequest } from '@kso/wire';

/** The object that a request names, for the engine; undefined when it names none. */
export function referenceOf(scanObject: PostureScanRequest['scanObject']): ObjectReference | undefined {
  if (scanObject === undefined) return undefined;
  const { apiVersion, kind, metadata } = scanObject;
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
}

/** `Pod shop/web`. */
export function describeReference({ kind, namespace, name }: ObjectReference): string {
  return namespace === undefined || namespace === '' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
