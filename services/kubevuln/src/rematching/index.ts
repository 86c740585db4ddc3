// For whoever runs a matching pass without the service around it: benchmarks.
export { createScanMetrics } from '../metrics.ts';
export { createRecorder } from '../results/recorder.ts';
export { createSbomCache, type SbomCache } from '../scanning/sbom-cache.ts';
export { createSummarizer } from '../summary/summarizer.ts';
export { createRematcher, type Rematcher, type RematcherOptions } from './rematcher.ts';
