import { createHash } from 'node:crypto';
import { normalizedImageTag } from '@kso/domain';
import type { ImageScanJob } from '@kso/wire';

/** The key of an `image-scan` job: two requests for the same container of the same workload are one job while it waits or runs. */
export function imageScanJobKey(job: ImageScanJob): string {
  const parts = [
    normalizedImageTag(job.imageTag),
    job.imageHash,
    job.platform ?? '',
    job.wlid,
    job.containerName,
    job.instanceID ?? '',
  ];
  return `image-scan/${createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 40)}`;
}
