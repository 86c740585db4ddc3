import type { ExceptionSource } from './posture-result.ts';

/**
 * Roll-up of posture results, before it takes the form of a report: per control, per framework, for the whole scan
 * (scanner.md 10, 11), and what the scan could not see (8.6).
 */

export type RolledUpStatus = 'passed' | 'failed' | 'skipped';

export type SubStatus =
  | 'irrelevant'
  | 'configuration'
  | 'integration'
  | 'manual review'
  | 'notEvaluated'
  | 'w/exceptions';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface ControlSummary {
  readonly controlId: string;
  readonly status: RolledUpStatus;
  readonly subStatus?: SubStatus;
  /** Why it was skipped, for people. */
  readonly info?: string;
  /** Resources by what the control says about them. */
  readonly tally: Tally;
  /** Of the passed resources, those that pass because exceptions cover all that was found. Absent: none. */
  readonly accepted?: number;
  /** 0 to 100, higher is better. */
  readonly compliance: number;
  /** 0 to 100, higher is worse. */
  readonly riskScore: number;
}

export interface FrameworkSummary {
  readonly name: string;
  readonly status: RolledUpStatus;
  /** Resources by the worst that the framework's controls say about them. */
  readonly tally: Tally;
  readonly compliance: number;
  readonly riskScore: number;
  /** In the order of the framework, with the name that it gives the control if it has one of its own. */
  readonly controls: readonly { readonly id: string; readonly name?: string }[];
  readonly version?: string;
  /** Summaries that differ from those of the scan, because of exceptions that are limited to this framework. */
  readonly differing?: readonly ControlSummary[];
}

export interface SeverityCounts {
  readonly critical: number;
  readonly high: number;
  readonly medium: number;
  readonly low: number;
}

export interface PostureSummary {
  readonly status: RolledUpStatus;
  readonly controls: readonly ControlSummary[];
  readonly frameworks: readonly FrameworkSummary[];
  readonly tally: Tally;
  /** Pairs of a resource and a control that it fails, by the severity of the control. */
  readonly failuresBySeverity: SeverityCounts;
  readonly failedControlsBySeverity: SeverityCounts;
  /** Mean over all controls: a skipped control counts 0. */
  readonly compliance: number;
  /** Mean over those controls only that could be evaluated; undefined if there was none. */
  readonly evaluatedCompliance: number | undefined;
  readonly riskScore: number;
}

/** Something that a scan had to do without. `component` names it, `reason` is for people. */
export interface Degradation {
  readonly component: string;
  readonly reason: string;
}

/** What became of one exception in a scan: none is silently without effect (known-bugs.md B14). */
export interface ExceptionAudit {
  readonly id: string;
  readonly source: ExceptionSource;
  /** `shadowed`: an earlier source has one with the same scope. `invalid`: it was not used because it is wrong. */
  readonly status: 'applied' | 'unused' | 'expired' | 'shadowed' | 'invalid';
  readonly resources: number;
  readonly findings: number;
  /** Why it has no effect. */
  readonly problem?: string;
}

/** A workload by how far its failed controls let an attacker go (scanner.md 18). */
export interface PrioritizedResource {
  readonly resourceId: string;
  readonly score: number;
  /** 4 critical to 0 unknown. */
  readonly severity: number;
  readonly vectors: readonly AttackVector[];
}

/** One way along an attack track, a failed control at each of its steps. */
export interface AttackVector {
  readonly attackTrack: string;
  readonly steps: readonly {
    readonly controlId: string;
    readonly category: string;
    readonly tags: readonly string[];
  }[];
  readonly score: number;
  readonly severity: number;
}

export interface ScanCoverage {
  readonly failedKinds: readonly { readonly resource: string; readonly error: string }[];
  /** Of the failed kinds, those that none of the selected controls reads. */
  readonly silentFailedKinds?: number;
  readonly notEvaluatedControls: readonly {
    readonly controlId: string;
    readonly missing: readonly string[];
    readonly reason: string;
  }[];
  /** What the scan had to do without: a file that could not be read, a source of exceptions or control inputs. */
  readonly degradations: readonly Degradation[];
  readonly evaluatedControls: number;
  readonly totalControls: number;
  /** 0 to 100. */
  readonly score: number;
  readonly degraded: boolean;
  /** Frameworks of which nothing could be evaluated. */
  readonly vacuousFrameworks: readonly string[];
}
