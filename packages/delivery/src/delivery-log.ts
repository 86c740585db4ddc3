import type { Logger, Metrics } from '@kso/kit';
import type { QueuedEntry } from '@kso/store';
import { createDeliveryMetrics } from './metrics.ts';
import type { PostOutcome } from './outcome.ts';
import type { Pause } from './target-health.ts';

/** Tells people and metrics what became of posts: every report once, a pause once and not for every report that waits. */
export interface DeliveryLog {
  posted(entry: QueuedEntry, outcome: PostOutcome, durationMs: number): void;
  /** Not delivered now. `pause`: the endpoint takes nothing from anybody; else only this report waits. */
  waits(entry: QueuedEntry, reason: string, wait: { now: number; until: number }, pause: Pause | undefined): void;
  resumed(): void;
}

const pauseMessages = {
  unreachable: 'the endpoint cannot be reached, reports wait',
  busy: 'the endpoint is overloaded, reports wait',
  misconfigured:
    'the endpoint refuses this account, key or address: check the configuration; reports wait and none is lost',
} as const;

export function createDeliveryLog(options: { logger: Logger; metrics: Metrics; service: string }): DeliveryLog {
  const { logger } = options;
  const metrics = createDeliveryMetrics(options.metrics, options.service);
  let logged: Pause['cause'] | undefined;

  const fieldsOf = (entry: QueuedEntry) => ({
    jobId: entry.jobId,
    parentId: entry.parentId,
    path: routeOf(entry),
    attempt: entry.attempts + 1,
  });

  return {
    posted(entry, outcome, durationMs) {
      metrics.posted(routeOf(entry), outcome.kind, durationMs / 1000);
      const fields = { ...fieldsOf(entry), durationMs };
      if (outcome.kind === 'delivered')
        logger.info({ ...fields, bytes: Buffer.byteLength(entry.body) }, 'report delivered');
      if (outcome.kind === 'refused')
        logger.error({ ...fields, reason: outcome.reason }, 'report refused by the endpoint, kept as undeliverable');
    },
    waits(entry, reason, { now, until }, pause) {
      metrics.waits((until - now) / 1000);
      const fields = { ...fieldsOf(entry), reason, retryAt: new Date(until).toISOString() };
      if (pause === undefined) {
        logger.warn(fields, 'report not delivered, will be sent again');
        return;
      }
      metrics.paused(pause.cause);
      if (logged === pause.cause) {
        logger.debug(fields, 'report waits for the endpoint');
        return;
      }
      logged = pause.cause;
      logger[pause.cause === 'misconfigured' ? 'error' : 'warn'](fields, pauseMessages[pause.cause]);
    },
    resumed() {
      logged = undefined;
      metrics.paused(undefined);
      logger.info('the endpoint takes reports again');
    },
  };
}

/** Without the query: it names reports and clusters, and would make a label per report. */
export function routeOf(entry: QueuedEntry): string {
  return entry.path.split('?', 1)[0] ?? '';
}
