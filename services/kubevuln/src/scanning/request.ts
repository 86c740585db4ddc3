import type { ScanOrigin } from '@kso/engines';
import type { Deadline } from './deadline.ts';
import type { LocateRequest } from './locate-image.ts';

/** Steps as `scanStatus` names them (kubevuln.md 1.8). */
export type ScanPhase = 'cve_lookup' | 'sbom_generation' | 'cve_matching' | 'result_storage';

export interface EvaluateRequest extends LocateRequest {
  readonly deadline: Deadline;
  /** Whose scan it is; the first one's, where several share the work. */
  readonly origin?: ScanOrigin;
  readonly onPhase: (phase: ScanPhase) => Promise<void>;
}
