import type { Deadline } from './deadline.ts';
import type { LocateRequest } from './locate-image.ts';

/** Steps as `scanStatus` names them (kubevuln.md 1.8). */
export type ScanPhase = 'cve_lookup' | 'sbom_generation' | 'cve_matching' | 'result_storage';

export interface EvaluateRequest extends LocateRequest {
  readonly deadline: Deadline;
  readonly onPhase: (phase: ScanPhase) => Promise<void>;
}
