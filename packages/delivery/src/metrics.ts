import type { Metrics } from '@kso/kit';
import type { PostOutcome } from './outcome.ts';

export interface DeliveryMetrics {
  posted(path: string, kind: PostOutcome['kind'], seconds: number): void;
  /** A report waits so long for its next try. */
  waits(seconds: number): void;
  paused(cause: string | undefined): void;
}

/** Posts by route and outcome with their duration, and whether the endpoint is paused and why. */
export function createDeliveryMetrics(metrics: Metrics, service: string): DeliveryMetrics {
  const posts = metrics.counter({
    name: 'kso_delivery_posts_total',
    help: 'Posts to the CloudEndpoint by route and outcome',
    labelNames: ['service', 'path', 'outcome'],
  });
  const duration = metrics.histogram({
    name: 'kso_delivery_post_duration_seconds',
    help: 'How long a post to the CloudEndpoint takes',
    labelNames: ['service', 'path'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
  });
  const pause = metrics.gauge({
    name: 'kso_delivery_paused',
    help: '1 for the cause for which nothing is posted at present',
    labelNames: ['service', 'cause'],
  });
  const wait = metrics.histogram({
    name: 'kso_delivery_retry_wait_seconds',
    help: 'How long reports wait for their next try, as decided after each failed one',
    labelNames: ['service'],
    buckets: [1, 5, 15, 60, 300],
  });
  const causes = ['unreachable', 'busy', 'misconfigured'];
  return {
    posted(path, outcome, seconds) {
      posts.inc({ service, path, outcome });
      duration.observe({ service, path }, seconds);
    },
    waits: (seconds) => wait.observe({ service }, seconds),
    paused(cause) {
      for (const each of causes) pause.set({ service, cause: each }, each === cause ? 1 : 0);
    },
  };
}
