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

export interface ScanCoverage {
  readonly failedKinds: readonly { readonly resource: string; readonly error: string }[];
  readonly notEvaluatedControls: readonly {
    readonly controlId: string;
    readonly missing: readonly string[];
    readonly reason: string;
  }[];
  /** Policy that the scan had to do without, e.g. controls of a framework that do not exist yet. */
  readonly degradations: readonly { readonly component: string; readonly reason: string }[];
  readonly evaluatedControls: number;
  readonly totalControls: number;
  /** 0 to 100. */
  readonly score: number;
  readonly degraded: boolean;
  /** Frameworks of which nothing could be evaluated. */
  readonly vacuousFrameworks: readonly string[];
}
