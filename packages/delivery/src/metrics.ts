import type { Metrics } from '@kso/kit';
import type { PostOutcome } from './outcome.ts';

export interface DeliveryMetrics {
  posted(path: string, kind: PostOutcome['kind'], seconds: number): void;
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
  const causes = ['unreachable', 'busy', 'misconfigured'];
  return {
    posted(path, outcome, seconds) {
      posts.inc({ service, path, outcome });
      duration.observe({ service, path }, seconds);
    },
    paused(cause) {
      for (const each of causes) pause.set({ service, cause: each }, each === cause ? 1 : 0);
    },
  };
}
