/** Severities of controls and vulnerabilities, the worst first. `Negligible` is only used for vulnerabilities. */
export const severities = ['Critical', 'High', 'Medium', 'Low', 'Negligible', 'Unknown'] as const;
export type Severity = (typeof severities)[number];

/** Higher is worse; `Unknown` is 0 because nothing can be said about it. */
export function severityRank(severity: Severity): number {
  return severities.length - 1 - severities.indexOf(severity);
}

/** Reads a severity in any letter case; undefined for other words. */
export function parseSeverity(text: string): Severity | undefined {
  const wanted = text.trim().toLowerCase();
  return severities.find((severity) => severity.toLowerCase() === wanted);
}

/** The severity of a control by its base score 0 to 10 (scanner.md 11.1). */
export function severityOfScore(baseScore: number): Severity {
  if (baseScore >= 9) return 'Critical';
  if (baseScore >= 7) return 'High';
  if (baseScore >= 4) return 'Medium';
  return baseScore >= 1 ? 'Low' : 'Unknown';
}

/** True when `severity` is the threshold or worse. */
export function meetsThreshold(severity: Severity, threshold: Severity): boolean {
  return severityRank(severity) >= severityRank(threshold);
}

/** For sorting: the worst first. */
export function compareSeverity(a: Severity, b: Severity): number {
  return severityRank(b) - severityRank(a);
}
