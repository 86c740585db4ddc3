import type { Metrics } from '@kso/kit';
import type { NewImageMeters } from '@kso/new-images';
import { type Section, sections } from './reports/sections.ts';

export interface KollectorMetrics extends NewImageMeters {
  /** A report has left. */
  report(type: 'first' | 'delta', bytes: number): void;
  connected(isConnected: boolean): void;
  objects(counts: Readonly<Record<Section, number>>): void;
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
  const reports = metrics.counter({
    name: 'kollector_reports_total',
    help: 'Reports that have left: those that begin a first report, and all others',
    labelNames: ['type'],
  });
  const bytes = metrics.counter({ name: 'kollector_report_bytes_total', help: 'Bytes of reports that have left' });
  const connected = metrics.gauge({
    name: 'kollector_ws_connected',
    help: 'Whether the receiver of reports is connected',
  });
  const objects = metrics.gauge({
    name: 'kollector_objects',
    help: 'What was known when the last report left, by section',
    labelNames: ['section'],
  });
  return {
    trigger: (result) => triggers.inc({ result }),
    pending: (workloads) => pending.set(workloads),
    invalidImage: () => invalid.inc(),
    report: (type, size) => {
      reports.inc({ type });
      bytes.inc(size);
    },
    connected: (isConnected) => connected.set(isConnected ? 1 : 0),
    objects: (counts) => {
      for (const section of sections) objects.set({ section }, counts[section]);
    },
  };
}
