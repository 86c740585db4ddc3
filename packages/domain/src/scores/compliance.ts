import type { RolledUpStatus, Tally } from '@kso/wire';

/** Share of the passed resources of a control in percent; 100 if it passed without any (scanner.md 11.2). */
export function complianceOf(status: RolledUpStatus, { passed, failed, skipped }: Tally): number {
  if (status === 'passed') return 100;
  const all = passed + failed + skipped;
  return all === 0 ? 0 : (passed / all) * 100;
}

/** Compliance of a framework or a scan: the mean over its controls. Undefined without any. */
export function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Compliance for people, as an integer: what is below 100 is never shown as 100. */
export function displayedCompliance(compliance: number): number {
  return compliance < 100 ? Math.min(99, Math.round(compliance)) : 100;
}
