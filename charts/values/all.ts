import { backend, cloud, images, network, platform, storageClasses } from './groups/environment.ts';
import { capabilities, general, scheduling, scope } from './groups/general.ts';
import { inventory } from './groups/inventory.ts';
import { offlineDatabase, schedules, telemetry } from './groups/jobs.ts';
import { nodeAgent, others, storage } from './groups/later.ts';
import {
  cloudEndpoint,
  gateway,
  kollector,
  kubescape,
  kubevuln,
  kubevulnWorker,
  operator,
  redis,
  suite,
} from './groups/services.ts';
import type { Group, Value } from './model.ts';

/** All keys of the chart, in the order of `values.yaml` and README. */
export const groups: readonly Group[] = [
  general,
  scope,
  capabilities,
  backend,
  network,
  images,
  platform,
  cloud,
  scheduling,
  storageClasses,
  operator,
  gateway,
  kubescape,
  kubevuln,
  kubevulnWorker,
  kollector,
  cloudEndpoint,
  redis,
  suite,
  schedules,
  offlineDatabase,
  telemetry,
  storage,
  nodeAgent,
  others,
  inventory,
];

export const values: readonly Value[] = groups.flatMap((group) => group.values);
