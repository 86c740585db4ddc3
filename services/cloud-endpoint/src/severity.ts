import { parseSeverity, type Severity, severities, severityRank } from '@kso/domain';

/** Columns and API fields by severity. Controls use no `negligible`. */
export interface SeverityCounts {
  critical: number;
  high: number;
  medium: number;
  low: number;
  negligible: number;
  unknown: number;
}

export type SeverityField = keyof SeverityCounts;

export function noFindings(): SeverityCounts {
  return { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
}

/** Rank of a foreign word; what nobody knows is `Unknown`. */
export function rankOf(text: string | undefined): number {
  return severityRank((text === undefined ? undefined : parseSeverity(text)) ?? 'Unknown');
}

export function severityOfRank(rank: number): Severity {
  return severities[severities.length - 1 - rank] ?? 'Unknown';
}

export function fieldOfRank(rank: number): SeverityField {
  return severityOfRank(rank).toLowerCase() as SeverityField;
}

/** Orders by critical, then high, and so on, in one number: three digits each, more than 999 count as 999. */
export function weightOf(counts: SeverityCounts): number {
  const digits = [counts.critical, counts.high, counts.medium, counts.low + counts.negligible + counts.unknown];
  return digits.reduce((weight, count) => weight * 1000 + Math.min(count, 999), 0);
}
