import type { Logger, Metrics } from '@kso/kit';
import { type WatchMetrics, watchMetrics } from '@kso/kube';

/** One series of the thread's metrics about its watches. Plain data. */
export interface WatchSample {
  readonly metric: keyof WatchMetrics['counters'] | keyof WatchMetrics['gauges'];
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** In the thread: what its watches have counted so far. */
export async function readWatches(metrics: Metrics): Promise<WatchSample[]> {
  const { counters, gauges } = watchMetrics(metrics);
  const all = Object.entries({ ...counters, ...gauges }) as [WatchSample['metric'], (typeof counters)['events']][];
  const read = await Promise.all(
    all.map(async ([metric, each]) =>
      (await each.get()).values.map(({ labels, value }) => ({
        metric,
        labels: Object.fromEntries(Object.entries(labels).map(([name, label]) => [name, String(label)])),
        value,
      })),
    ),
  );
  return read.flat();
}

/**
 * In the process: shows the watches of the thread beside those of others, who may watch the same kinds. Counters go up by what was
 * counted since the last scrape; a thread that has begun anew counts from 0.
 */
export function showThreadWatches(metrics: Metrics, logger: Logger, read: () => Promise<readonly WatchSample[]>): void {
  let underway: Promise<void> | undefined;
  let before = new Map<string, number>();
  const refresh = async (): Promise<void> => {
    try {
      show(await read());
    } catch (error) {
      // The thread has ended; the rest of the scrape is not to fail for it.
      logger.warn({ err: error }, 'metrics of watches could not be refreshed');
    }
  };
  const { counters, gauges } = watchMetrics(
    metrics,
    () => (underway ??= refresh().finally(() => (underway = undefined))),
  );
  const show = (samples: readonly WatchSample[]): void => {
    const counted = new Map<string, number>();
    for (const { metric, labels, value } of samples) {
      if (metric === 'activity' || metric === 'objects') {
        gauges[metric].set(labels, value);
        continue;
      }
      const key = JSON.stringify([metric, labels]);
      const known = before.get(key) ?? 0;
      counters[metric].inc(labels, value >= known ? value - known : value);
      counted.set(key, value);
    }
    before = counted;
  };
}
