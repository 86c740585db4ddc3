/** As objects and metrics name them, the worst first. */
export const severities = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'] as const;
export type SeverityName = (typeof severities)[number];

/** The name of what an advisory says, in whatever case; `unknown` for everything else. */
export function severityName(text: string): SeverityName {
  const lower = text.toLowerCase();
  return severities.find((known) => known === lower) ?? 'unknown';
}
