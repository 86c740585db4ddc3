import { createHash } from 'node:crypto';
import type { ImageScanJob } from '@kso/wire';
import { normalizedImageTag } from './image-hash.ts';

/**
 * The key of an `image-scan` job, for everybody who adds one: requests for the same image in the same container of the same workload are
 * one job while it waits or runs. Logins are not part of it.
 */
export function imageScanJobKey(job: ImageScanJob): string {
  const parts = [
    normalizedImageTag(job.imageTag),
    job.imageHash,
    job.platform ?? '',
    job.wlid,
    job.containerName,
    job.instanceID ?? '',
    // Only where there are some: keys of plain scans stay what they were.
    ...(job.onlySbom === true ? ['sbom'] : []),
    ...(job.profile === undefined ? [] : ['profile', job.profile.namespace, job.profile.name]),
  ];
  return `image-scan/${createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 40)}`;
}
