import { compareSeverity, parseSeverity, type Severity } from '@kso/domain';
import type { ImageFinding, ImageMatches } from '@kso/wire';

/** All that documents about one image say. */
export interface ImageReport {
  /** As it was asked for: a reference, a folder, a file. */
  readonly target: string;
  readonly matches: ImageMatches;
  /** What is installed; documents that list it leave it out when it is not known. */
  readonly packages: readonly ReportedPackage[];
  readonly suppressed: ReadonlyMap<ImageFinding, Suppression>;
  /** Epoch milliseconds. */
  readonly scannedAt: number;
  /** Version of the product. */
  readonly version: string;
}

export interface ReportedPackage {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  /** Empty where there is none. */
  readonly purl: string;
  readonly licenses: readonly string[];
  readonly paths: readonly string[];
}

/** Why a finding does not count. */
export interface Suppression {
  /** Of the exception. */
  readonly id: string;
  readonly reason: string;
  /** OpenVEX status and justification, where it states them. */
  readonly status?: string | undefined;
  readonly justification?: string | undefined;
}

export function severityOf({ severity }: Pick<ImageFinding, 'severity'>): Severity {
  return parseSeverity(severity) ?? 'Unknown';
}

/** The worst first, then by name; the order is the same for the same findings. */
export function sortedFindings({ matches }: ImageReport): ImageFinding[] {
  return matches.findings.toSorted(
    (a, b) =>
      compareSeverity(severityOf(a), severityOf(b)) ||
      compareText(a.id, b.id) ||
      compareText(a.package.name, b.package.name) ||
      compareText(a.package.version, b.package.version),
  );
}

/** `sha256:…` for images; undefined for folders and files. */
export function digestOf({ matches }: ImageReport): string | undefined {
  return matches.digest === '' ? undefined : matches.digest;
}

/** ID and version of os-release, `debian` and `12`. */
export function distributionOf({
  matches,
}: ImageReport): { readonly id: string; readonly version: string } | undefined {
  const [id = '', ...version] = (matches.distribution ?? '').split(' ');
  return id === '' ? undefined : { id, version: version.join(' ') };
}

/** A base score for readers that sort by number: the middle of the severity's range, 0 to 10. */
export function scoreOf(severity: Severity): number {
  return scores[severity];
}

const scores: Readonly<Record<Severity, number>> = {
  Critical: 9.5,
  High: 8,
  Medium: 5.5,
  Low: 2.5,
  Negligible: 0.5,
  Unknown: 0,
};

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
