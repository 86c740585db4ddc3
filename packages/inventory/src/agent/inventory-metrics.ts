import type { Metrics } from '@kso/kit';

export function inventoryMetrics(metrics: Metrics) {
  return {
    runs: metrics.counter({
      name: 'kso_inventory_runs_total',
      help: 'Inventories by outcome: complete, partial, failed',
      labelNames: ['outcome'],
    }),
    reports: metrics.counter({
      name: 'kso_inventory_reports_total',
      help: 'Reports of accounts by outcome: sent, failed',
      labelNames: ['outcome'],
    }),
    lastSuccess: metrics.gauge({
      name: 'kso_inventory_last_success_timestamp_seconds',
      help: 'When the last inventory was taken and sent',
    }),
    containers: metrics.gauge({ name: 'kso_inventory_containers', help: 'Containers in the last inventory' }),
  };
}
