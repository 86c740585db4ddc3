import type { PostureException } from '@kso/domain';
import type { Clock } from '@kso/kit';
import type { PostureScanRequest, ResourceResult } from '@kso/wire';
import { fail } from '../errors.ts';
import { describeReference, referenceOf } from '../scan/object-reference.ts';
import type { Session } from '../scan/session.ts';

/** How long an object may be on its way: who asks for its scan may have seen it before our watch has. */
const waitMs = 2000;
const lookEveryMs = 50;

export interface ScanObjectOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Evaluates what has changed meanwhile. */
  evaluate(): Promise<void>;
}

/**
 * The results that a single-object scan is about (scanner.md 7): the object's own and those that depend on it, which are all that
 * is left when it was deleted. Everything that its controls relate to is there: the session watches it. Undefined when the request
 * names no object. @throws OBJECT_UNKNOWN, OBJECT_REFUSED for what a workload owns
 */
export async function resultsOfObject(
  session: Session,
  request: PostureScanRequest,
  { clock, signal, evaluate }: ScanObjectOptions,
): Promise<ResourceResult[] | undefined> {
  const reference = referenceOf(request.scanObject);
  if (reference === undefined) return undefined;
  const deadline = clock.now() + waitMs;
  for (;;) {
    const results = session.engine.resultsOf(reference);
    if (results.length > 0 || request.isDeletedScanObject === true) return results;
    if (session.engine.isOwnedChild(reference)) {
      const problem = 'a workload owns it, and is scanned in its place';
      throw fail('OBJECT_REFUSED', { object: describeReference(reference), problem });
    }
    if (clock.now() >= deadline) throw fail('OBJECT_UNKNOWN', { object: describeReference(reference) });
    await clock.sleep(lookEveryMs, signal);
    await evaluate();
  }
}

/** The results with the exceptions of a request; of these resources only, if some are named. */
export function withExceptions(
  { engine }: Session,
  exceptions: readonly PostureException[],
  ofObject: readonly ResourceResult[] | undefined,
): Iterable<ResourceResult> {
  const results = engine.resultsWith(exceptions);
  if (ofObject === undefined) return results;
  const ids = new Set(ofObject.map(({ resourceId }) => resourceId));
  return [...results].filter(({ resourceId }) => ids.has(resourceId));
}
