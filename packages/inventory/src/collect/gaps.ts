import { describeError, KsoError } from '@kso/kit';
import type { Gap } from '../model.ts';

/** The HTTP status with which the API server refused, if it did. */
export function statusOf(error: unknown): number | undefined {
  const status = error instanceof KsoError ? error.context['status'] : undefined;
  return typeof status === 'number' ? status : undefined;
}

export function gapOf(kind: Gap['kind'], error: unknown, namespace?: string): Gap {
  const status = statusOf(error);
  const reason = status === 403 ? 'not permitted' : status === 404 && namespace !== undefined ? 'vanished' : 'failed';
  return {
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    reason,
    detail: describeError(error).slice(0, 500),
  };
}
