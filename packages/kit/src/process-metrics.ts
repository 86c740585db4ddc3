import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Counter, Gauge, Metrics } from './metrics.ts';

/** Memory, CPU and event loop of the process, read when metrics are scraped. Names are Prometheus' and prom-client's usual ones. */
export function registerProcessMetrics(metrics: Metrics): void {
  if (metrics.registry.getSingleMetric('process_resident_memory_bytes') !== undefined) return;
  gauge(metrics, 'process_resident_memory_bytes', 'Resident memory size in bytes.', () => process.memoryUsage.rss());
  gauge(metrics, 'process_start_time_seconds', 'Start time of the process in seconds since the epoch.', () =>
    Math.round(Date.now() / 1000 - process.uptime()),
  );
  gauge(metrics, 'nodejs_heap_size_used_bytes', 'Used heap in bytes.', () => getHeapStatistics().used_heap_size);
  gauge(metrics, 'nodejs_heap_size_total_bytes', 'Heap in bytes.', () => getHeapStatistics().total_heap_size);
  gauge(
    metrics,
    'nodejs_external_memory_bytes',
    'Memory of buffers outside of the heap.',
    () => process.memoryUsage().external,
  );

  const cpu: Counter = metrics.counter({
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time in seconds.',
    collect: () => {
      const { user, system } = process.cpuUsage();
      cpu.reset();
      cpu.inc((user + system) / 1e6);
    },
  });

  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const lag = metrics.gauge({
    name: 'nodejs_eventloop_lag_seconds',
    help: 'Delay of the event loop since the last scrape.',
    labelNames: ['quantile'],
    collect: () => {
      // Without a sample the histogram gives NaN.
      for (const quantile of [50, 99, 100]) {
        const nanoseconds = delay.count === 0 ? 0 : delay.percentile(quantile);
        lag.set({ quantile: String(quantile / 100) }, nanoseconds / 1e9);
      }
      delay.reset();
    },
  });
}

function gauge(metrics: Metrics, name: string, help: string, read: () => number): void {
  const made: Gauge = metrics.gauge({ name, help, collect: () => made.set(read()) });
}
