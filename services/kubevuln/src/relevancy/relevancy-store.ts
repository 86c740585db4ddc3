import type { ResultStore } from '@kso/store';
import { type ImageScanJob, imageScanRecordKey } from '@kso/wire';
import { z } from 'zod';
import type { PackageKey } from './relevant-packages.ts';

/** Kind of the records that say which packages of its image a container uses; keys are those of `imageScanRecordKey`. */
export const relevancyKind = 'image-relevancy';

const StoredRelevancy = z.object({ digest: z.string(), platform: z.string(), packages: z.array(z.string()) });
export type StoredRelevancy = z.infer<typeof StoredRelevancy>;

/** What is known of what a container uses; it holds for the image that its profile was made of. */
export interface RelevancyStore {
  put(job: Pick<ImageScanJob, 'wlid' | 'containerName' | 'imageTag'>, relevancy: StoredRelevancy): void;
  /** Undefined when nobody has observed this image in the container. */
  find(
    job: Pick<ImageScanJob, 'wlid' | 'containerName' | 'imageTag'>,
    image: { readonly digest: string; readonly platform: string },
  ): ReadonlySet<PackageKey> | undefined;
}

export function createRelevancyStore(results: ResultStore, now: () => number): RelevancyStore {
  return {
    put: (job, relevancy) => {
      const { digest, platform, packages } = relevancy;
      results.put({
        kind: relevancyKind,
        key: imageScanRecordKey(job),
        idempotencyKey: JSON.stringify([digest, platform, packages]),
        body: { digest, platform, packages },
        storedAt: now(),
      });
    },
    find: (job, { digest, platform }) => {
      const known = StoredRelevancy.safeParse(results.get(relevancyKind, imageScanRecordKey(job))?.body).data;
      return known?.digest === digest && known.platform === platform ? new Set(known.packages) : undefined;
    },
  };
}
