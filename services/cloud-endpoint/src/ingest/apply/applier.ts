import type { DatabaseSync } from 'node:sqlite';
import { createInventoryApplier } from '../../inventory/apply.ts';
import { createClusters } from './clusters.ts';
import { createContainerScanApplier } from './container-scan.ts';
import { createImages } from './images.ts';
import { createPostureApplier } from './posture-report.ts';
import { createRegistryApplier } from './registry-repositories.ts';
import { createScanFailureApplier } from './scan-failure.ts';
import { createSystemReportApplier } from './system-report.ts';

/** Writes reports to the tables; inside of a transaction that the caller has begun. */
export function createApplier(sql: DatabaseSync) {
  const clusters = createClusters(sql);
  const images = createImages(sql);
  return {
    postureReport: createPostureApplier(sql, clusters),
    containerScan: createContainerScanApplier(sql, clusters, images),
    scanFailure: createScanFailureApplier(clusters, images),
    inventory: createInventoryApplier(sql, clusters),
    registryRepositories: createRegistryApplier(sql),
    systemReport: createSystemReportApplier(sql, clusters),
  };
}
