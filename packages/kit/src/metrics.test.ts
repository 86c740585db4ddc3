import { expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';
import { registerProcessMetrics } from './process-metrics.ts';

it('gives the same metric for the same name, and registries do not share anything', async () => {
  const metrics = createMetrics();
  const options = { name: 'kso_jobs_total', help: 'Jobs.', labelNames: ['kind'] as const };
  metrics.counter(options).inc({ kind: 'a' });
  metrics.counter(options).inc({ kind: 'a' });
  expect(await metrics.registry.metrics()).toContain('kso_jobs_total{kind="a"} 2');
  expect(await createMetrics().registry.metrics()).not.toContain('kso_jobs_total');
});

it('process metrics are numbers, also when scraped twice', async () => {
  const metrics = createMetrics();
  registerProcessMetrics(metrics);
  registerProcessMetrics(metrics);
  await metrics.registry.metrics();
  const text = await metrics.registry.metrics();
  for (const name of [
    'process_resident_memory_bytes',
    'process_cpu_seconds_total',
    'nodejs_heap_size_used_bytes',
    'nodejs_eventloop_lag_seconds',
  ]) {
    expect(text).toMatch(new RegExp(`^${name}(\\{[^}]*\\})? [\\d.e+-]+$`, 'm'));
  }
  expect(text).not.toContain('NaN');
});
