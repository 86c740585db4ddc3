import type {
  ContainerScanSummary,
  ContainerScanVulnerability,
  FindingsChange,
  FindingsChangeSummary,
  ImageMatches,
  SeverityStats,
  VulnerabilityDatabaseInfo,
} from '@kso/wire';
import { manifestLayers } from './layers.ts';
import { relevantLabel } from './vulnerability.ts';
import { apiVersionOf, type ReportSubject } from './workload.ts';

export interface SummaryInput {
  readonly subject: ReportSubject;
  readonly containersScanID: string;
  readonly timestamp: number;
  readonly jobIds: readonly string[];
  readonly matches: ImageMatches;
  readonly vulnerabilities: readonly ContainerScanVulnerability[];
  readonly database: VulnerabilityDatabaseInfo;
  readonly exceptionsDegraded?: string | undefined;
  readonly relevant?: ReadonlySet<string> | undefined;
}

/** Counts and identity of a scan (kubevuln.md 10.6). */
export function summaryRecord(input: SummaryInput): ContainerScanSummary {
  const { subject, matches } = input;
  const hasRelevancyData = input.relevant !== undefined;
  const excluded = input.vulnerabilities.filter(isIgnored);
  const vulnerabilities = input.vulnerabilities.filter((item) => !isIgnored(item));
  const [registry = ''] = subject.imageTag.split('/');
  const apiVersion = apiVersionOf(subject);
  const [os = '', architecture = ''] = matches.platform.split('/');
  const [alert] = matches.alerts;
  return {
    ...countsOf(vulnerabilities, hasRelevancyData),
    designators: subject.designators,
    version: subject.imageTag.slice(subject.imageTag.lastIndexOf('/') + 1),
    registry,
    customerGUID: subject.account,
    containersScanID: input.containersScanID,
    wlid: subject.wlid,
    imageHash: subject.imageHash,
    imageTag: subject.imageTag,
    cluster: subject.cluster,
    clusterShortName: '',
    namespace: subject.namespace,
    ...(apiVersion === undefined ? {} : { apiVersion }),
    containerName: subject.containerName,
    versionImage: '',
    status: 'Success',
    packages: [],
    severitiesStats: severityStats(vulnerabilities, hasRelevancyData),
    ...(excluded.length === 0 ? {} : { excludedSeveritiesStats: severityStats(excluded, false) ?? [] }),
    jobIDs: [...input.jobIds],
    vulnerabilities: vulnerabilities.map(({ name }) => ({ name })),
    context: subject.context,
    timestamp: input.timestamp,
    relevantLabel: relevantLabel(hasRelevancyData ? vulnerabilities.some(({ isRelevant }) => isRelevant) : undefined),
    hasRelevancyData,
    imageManifest: { architecture, os, size: matches.size, layers: manifestLayers(matches.history) },
    vulnerabilityDatabase: input.database,
    platform: matches.platform,
    ...(alert === undefined ? {} : { distributionAlert: alert }),
    ...(input.exceptionsDegraded === undefined ? {} : { exceptionsDegraded: input.exceptionsDegraded }),
    ...(matches.change === undefined ? {} : { findingsChange: changeSummary(matches.change) }),
  };
}

/** A report is no place for thousands of names: whoever needs them all compares the findings. */
const namedChanges = 100;

function changeSummary({ since, appeared, disappeared, altered }: FindingsChange): FindingsChangeSummary {
  const shorten = (list: FindingsChange['appeared']) => ({ total: list.length, first: list.slice(0, namedChanges) });
  return { since, appeared: shorten(appeared), disappeared: shorten(disappeared), altered: shorten(altered) };
}

/** Sorted by name, only the severities that occur; null for none, as Go writes an empty list. */
function severityStats(
  vulnerabilities: readonly ContainerScanVulnerability[],
  hasRelevancyData: boolean,
): SeverityStats[] | null {
  const groups = Object.entries(Object.groupBy(vulnerabilities, ({ severity }) => severity));
  if (groups.length === 0) return null;
  return groups
    .map(([severity, group = []]) => ({ severity, ...countsOf(group, hasRelevancyData) }))
    .sort((a, b) => (a.severity < b.severity ? -1 : 1));
}

function countsOf(
  vulnerabilities: readonly ContainerScanVulnerability[],
  hasRelevancyData: boolean,
): Omit<SeverityStats, 'severity'> {
  const count = (test: (item: ContainerScanVulnerability) => boolean) => vulnerabilities.filter(test).length;
  return {
    healthStatus: '',
    total: vulnerabilities.length,
    rceFixCount: count((item) => isRce(item) && hasFix(item)),
    relevantFixCount: count((item) => item.isRelevant === true && hasFix(item)),
    fixedTotal: count(hasFix),
    relevantTotal: count(({ isRelevant }) => isRelevant === true),
    rceTotal: count(isRce),
    urgent: 0,
    neglected: 0,
    relevancyScanCount: hasRelevancyData ? 1 : 0,
  };
}

/** Somebody has accepted it (kubevuln.md 9.5): it stays in the report with the reason, and counts apart. */
function isIgnored({ exceptionApplied = [] }: ContainerScanVulnerability): boolean {
  return exceptionApplied.some(({ actions }) => Array.isArray(actions) && actions.includes('ignore'));
}

function isRce({ categories }: ContainerScanVulnerability): boolean {
  return categories.isRce;
}

/** "Fixed" is a suggested version that is neither empty nor `None`; `unknown` counts. */
function hasFix({ fixedIn }: ContainerScanVulnerability): boolean {
  return fixedIn.some(({ version }) => version !== '' && version !== 'None');
}
