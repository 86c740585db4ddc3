import type { Metrics } from '@kso/kit';
import type { Ingest } from './port.ts';

/**
 * Bounds what waits to be stored. A report that finds the backlog full is refused at once: the sender's outbox is the better
 * place to wait. One report is always let in, however large.
 */
export function withBacklogLimit(ingest: Ingest, limitBytes: number, metrics: Metrics): Ingest {
  let waiting = 0;
  const gauge = metrics.gauge({ name: 'kso_endpoint_backlog_bytes', help: 'Reports received and not stored yet' });
  const add = (bytes: number): void => {
    waiting += bytes;
    gauge.set(waiting);
  };
  return {
    ...ingest,
    async receive(delivery) {
      const bytes = delivery.body.byteLength;
      if (waiting > 0 && waiting + bytes > limitBytes) return { kind: 'overloaded' };
      add(bytes);
      try {
        return await ingest.receive(delivery);
      } finally {
        add(-bytes);
      }
    },
  };
}
