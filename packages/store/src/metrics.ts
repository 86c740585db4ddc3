import type { Clock, Gauge, Metrics } from '@kso/kit';
import type { Outbox } from './port.ts';

interface Observed {
  readonly outboxes: Map<string, Outbox>;
}

/** One set of gauges per registry, fed by every outbox of the process: services of one process share their registry. */
const observed = new WeakMap<Metrics, Observed>();

/**
 * Shows an outbox in the metrics, read at scrape time: `kso_outbox_entries{service,state}`, `kso_outbox_bytes{service}`,
 * `kso_outbox_oldest_age_seconds{service}`. Returns the way to end it: call it before the store is closed.
 */
export function observeOutbox(
  outbox: Outbox,
  options: { readonly service: string; readonly metrics: Metrics; readonly clock: Clock },
): () => void {
  const { service, metrics, clock } = options;
  let entry = observed.get(metrics);
  if (entry === undefined) {
    entry = { outboxes: new Map() };
    observed.set(metrics, entry);
    register(metrics, entry.outboxes, clock);
  }
  const { outboxes } = entry;
  outboxes.set(service, outbox);
  return () => {
    if (outboxes.get(service) === outbox) outboxes.delete(service);
  };
}

function register(metrics: Metrics, outboxes: ReadonlyMap<string, Outbox>, clock: Clock): void {
  const each = <T extends string>(gauge: Gauge<T>, set: (service: string, outbox: Outbox) => void) => {
    gauge.reset();
    for (const [service, outbox] of outboxes) set(service, outbox);
  };
  metrics.gauge({
    name: 'kso_outbox_entries',
    help: 'Reports in the outbox: queued ones, and those that the endpoint refused for good',
    labelNames: ['service', 'state'],
    collect() {
      each(this, (service, outbox) => {
        const { queued, undeliverable } = outbox.stats();
        this.set({ service, state: 'queued' }, queued);
        this.set({ service, state: 'undeliverable' }, undeliverable);
      });
    },
  });
  metrics.gauge({
    name: 'kso_outbox_bytes',
    help: 'Size of the queued reports',
    labelNames: ['service'],
    collect() {
      each(this, (service, outbox) => this.set({ service }, outbox.stats().bytes));
    },
  });
  metrics.gauge({
    name: 'kso_outbox_oldest_age_seconds',
    help: 'How long the oldest queued report has waited, 0 when none waits',
    labelNames: ['service'],
    collect() {
      each(this, (service, outbox) => {
        const { oldestQueuedAt } = outbox.stats();
        this.set({ service }, oldestQueuedAt === undefined ? 0 : (clock.now() - oldestQueuedAt) / 1000);
      });
    },
  });
}
