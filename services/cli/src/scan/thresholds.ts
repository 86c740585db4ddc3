import type { Severity } from '@kso/domain';
import { controlViews, type LazyPostureReport } from '@kso/report';
import { reaches } from '../threshold.ts';

export interface Thresholds {
  readonly failOn?: Severity;
  /** Percent. */
  readonly complianceThreshold?: number;
  readonly failCoverageBelow?: number;
}

/** The thresholds of the command line that a report meets, in words; none: nothing to complain about. */
export function metThresholds(report: LazyPostureReport, options: Thresholds): string[] {
  const { failOn, complianceThreshold, failCoverageBelow } = options;
  const { complianceScore } = report.summaryDetails;
  const { coverageScore } = report.scanCoverage;
  const worst = controlViews(report).filter((control) => control.failed > 0 && reaches(control.severity, failOn));
  return [
    ...(worst.length === 0 ? [] : [`${worst.length} failed controls are ${failOn?.toLowerCase()} or worse`]),
    ...below('compliance', complianceScore, complianceThreshold),
    ...below('coverage', coverageScore, failCoverageBelow),
  ];
}

function below(what: string, score: number, threshold: number | undefined): string[] {
  return threshold === undefined || score >= threshold ? [] : [`${what} ${score.toFixed(1)} is below ${threshold}`];
}
