import type { ImageScanJob } from '@kso/wire';

/** How metrics and job status call the four kinds of scans (kubevuln.md 1.1). */
export type ScanEndpoint = 'generateSBOM' | 'scanCVE' | 'scanCP' | 'scanRegistry';

/** Of which kind a job is, whoever added it. */
export function endpointOf(job: Pick<ImageScanJob, 'onlySbom' | 'profile' | 'registryScan'>): ScanEndpoint {
  if (job.onlySbom === true) return 'generateSBOM';
  if (job.profile !== undefined) return 'scanCP';
  return job.registryScan === undefined ? 'scanCVE' : 'scanRegistry';
}
