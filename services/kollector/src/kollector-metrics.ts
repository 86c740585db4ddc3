import type { Metrics } from '@kso/kit';

export interface KollectorMetrics {
  /** What became of an attempt to ask for scans. */
  trigger(result: 'accepted' | 'retried' | 'repeated' | 'refused' | 'givenUp' | 'noRoom'): void;
  pending(workloads: number): void;
  invalidImage(): void;
}

export function kollectorMetrics(metrics: Metrics): KollectorMetrics {
  const triggers = metrics.counter({
    name: 'kollector_scan_triggers_total',
    help: 'Requests for scans of new images, by what became of them',
    labelNames: ['result'],
  });
  const pending = metrics.gauge({
    name: 'kollector_pending_scan_triggers',
    help: 'Workloads whose new images are still to be asked for',
  });
  const invalid = metrics.counter({
    name: 'kollector_invalid_images_total',
    help: 'Containers whose image is no image reference',
  });
  return {
    trigger: (result) => triggers.inc({ result }),
    pending: (workloads) => pending.set(workloads),
    invalidImage: () => invalid.inc(),
  };
}
