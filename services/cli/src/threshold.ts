import { meetsThreshold, type Severity } from '@kso/domain';

/** Whether a finding counts for `--fail-on`; nothing does when it was not given. */
export function reaches(severity: Severity, threshold: Severity | undefined): boolean {
  return threshold !== undefined && meetsThreshold(severity, threshold);
}
