import type { ObjectReference } from '@kso/engines';
import type { PostureScanRequest, ResourceResult } from '@kso/wire';
import { fail } from '../errors.ts';
import type { Session } from '../scan/session.ts';

/** The object that a request names, for the engine. */
export function scanReference(request: PostureScanRequest): ObjectReference | undefined {
  const { scanObject } = request;
  if (scanObject === undefined) return undefined;
  const { apiVersion, kind, metadata } = scanObject;
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
}

export function describeReference({ kind, namespace, name }: ObjectReference): string {
  return namespace === undefined || namespace === '' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/**
 * The results that a single-object scan is about (scanner.md 7): the object's own and those that depend on it, which are all that
 * is left when it was deleted. @throws OBJECT_REFUSED, OBJECT_UNKNOWN
 */
export function resultsOfObject(session: Session, request: PostureScanRequest): ResourceResult[] {
  const reference = scanReference(request);
  if (reference === undefined) return [];
  if (reference.kind === 'Secret')
    throw fail('OBJECT_REFUSED', { object: describeReference(reference), problem: 'Secrets are not read by scans' });
  const results = session.engine.resultsOf(reference);
  if (results.length === 0 && request.isDeletedScanObject !== true)
    throw fail('OBJECT_UNKNOWN', { object: describeReference(reference) });
  return results;
}
