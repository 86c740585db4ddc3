import type { Framework } from './framework.ts';
import { allControls } from './frameworks/all-controls.ts';
import { armoBest } from './frameworks/armo-best.ts';
import { cisAksT120 } from './frameworks/cis-aks-t1-2-0.ts';
import { cisAksT180 } from './frameworks/cis-aks-t1-8-0.ts';
import { cisEksT170 } from './frameworks/cis-eks-t1-7-0.ts';
import { cisEksT180 } from './frameworks/cis-eks-t1-8-0.ts';
import { cisGkeV190 } from './frameworks/cis-gke-v1-9-0.ts';
import { cisV1100 } from './frameworks/cis-v1-10-0.ts';
import { cisV1120 } from './frameworks/cis-v1-12-0.ts';
import { clusterScan } from './frameworks/cluster-scan.ts';
import { devOpsBest } from './frameworks/dev-ops-best.ts';
import { mitre } from './frameworks/mitre.ts';
import { nsa } from './frameworks/nsa.ts';
import { security } from './frameworks/security.ts';
import { soc2 } from './frameworks/soc2.ts';
import { workloadScan } from './frameworks/workload-scan.ts';

export type { Framework, FrameworkControl } from './framework.ts';

/** Every framework, under the name that the existing product gives it. */
export const frameworks: readonly Framework[] = [
  allControls,
  armoBest,
  cisAksT120,
  cisAksT180,
  cisEksT170,
  cisEksT180,
  cisGkeV190,
  cisV1100,
  cisV1120,
  clusterScan,
  devOpsBest,
  mitre,
  nsa,
  security,
  soc2,
  workloadScan,
];
