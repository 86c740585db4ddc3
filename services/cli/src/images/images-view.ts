import { parseSeverity, parseWlid, type Severity } from '@kso/domain';
import type { ImageOutcome, ImagesView, ImageView, SeverityCounts, VulnerabilityView } from '@kso/report';
import type { ImageFinding, ImageScanRecord } from '@kso/wire';

/** Kinds as they are written, by their form in a wlid. */
const kinds: Readonly<Record<string, string>> = {
  cronjob: 'CronJob',
  daemonset: 'DaemonSet',
  deployment: 'Deployment',
  job: 'Job',
  pod: 'Pod',
  replicaset: 'ReplicaSet',
  replicationcontroller: 'ReplicationController',
  statefulset: 'StatefulSet',
};

/** One row per image: what its containers have in common is said once, with the workloads that use it. */
export function imageViews(records: readonly ImageScanRecord[]): ImageView[] {
  const rows = new Map<
    string,
    { readonly image: string; readonly usedBy: Set<string>; readonly outcome: ImageOutcome }
  >();
  for (const record of records) {
    const key = `${record.image}\n${record.state === 'evaluated' ? record.digest : record.reason}`;
    const row = rows.get(key) ?? { image: record.image, usedBy: new Set(), outcome: outcomeOf(record) };
    const workload = workloadOf(record.wlid);
    if (workload !== undefined) row.usedBy.add(workload);
    rows.set(key, row);
  }
  return Array.from(rows.values(), (row) => ({ ...row, usedBy: [...row.usedBy].toSorted() }));
}

/** Images whose scan has been asked for and has not ended. */
export function pendingViews(
  pending: readonly { readonly image: string; readonly wlid: string }[],
  reason: string,
): ImageView[] {
  const users = Map.groupBy(pending, ({ image }) => image);
  return Array.from(users, ([image, jobs]) => ({
    image,
    usedBy: jobs.flatMap(({ wlid }) => workloadOf(wlid) ?? []).toSorted(),
    outcome: { type: 'waiting' as const, reason },
  }));
}

/** The database that the results were made with; undefined when there is none yet. */
export function databaseView(records: readonly ImageScanRecord[]): ImagesView['database'] {
  const evaluated = records.find((record) => record.state === 'evaluated');
  if (evaluated === undefined) return undefined;
  const { built, label } = evaluated.database;
  return { builtAt: Date.parse(built), isSample: label === 'sample' };
}

export function vulnerabilityViews(findings: readonly ImageFinding[]): VulnerabilityView[] {
  return findings.map((finding) => ({
    id: finding.id,
    severity: severityOf(finding.severity),
    package: finding.package.name,
    installed: finding.package.version,
    fixedIn: finding.fix.versions,
  }));
}

export function severityCounts(findings: readonly Pick<ImageFinding, 'severity'>[]): SeverityCounts {
  const counts: Partial<Record<Severity, number>> = {};
  for (const finding of findings) {
    const severity = severityOf(finding.severity);
    counts[severity] = (counts[severity] ?? 0) + 1;
  }
  return counts;
}

function outcomeOf(record: ImageScanRecord): ImageOutcome {
  if (record.state === 'notEvaluated') return { type: 'notEvaluated', reason: record.detail };
  const findings: Partial<Record<Severity, number>> = {};
  for (const [word, number] of Object.entries(record.bySeverity)) {
    const severity = severityOf(word);
    findings[severity] = (findings[severity] ?? 0) + number;
  }
  return { type: 'scanned', packages: record.packages, fixable: record.fixable, findings };
}

function severityOf(word: string): Severity {
  return parseSeverity(word) ?? 'Unknown';
}

function workloadOf(wlid: string): string | undefined {
  const parsed = parseWlid(wlid);
  if (parsed === undefined) return undefined;
  const kind = Object.hasOwn(kinds, parsed.kind) ? kinds[parsed.kind] : parsed.kind;
  return `${parsed.namespace}/${kind}/${parsed.name}`;
}
