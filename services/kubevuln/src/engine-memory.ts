import type { Metrics } from '@kso/kit';

const mebibyte = 1024 * 1024;

/** Counts how much memory the runs of an engine had at most (`kubevuln_scan_peak_rss_bytes`, kubevuln.md 13.1). */
export function countEngineMemory(metrics: Metrics): (engine: 'syft' | 'grype') => (bytes: number) => void {
  const peaks = metrics.histogram({
    name: 'kubevuln_scan_peak_rss_bytes',
    help: 'Most memory that one run of an engine had.',
    labelNames: ['engine'],
    buckets: [64, 128, 256, 512, 1024, 2048, 4096].map((size) => size * mebibyte),
  });
  return (engine) => (bytes) => {
    peaks.observe({ engine }, bytes);
  };
}
