import { type ObjectOrigin, severityOfScore, type UnknownRecord } from '@kso/domain';
import type {
  ControlSummary,
  ExceptionAudit,
  FrameworkSummary,
  PostureReport,
  PostureSummary,
  PrioritizedResource,
  ReportControlSummary,
  ReportFrameworkSummary,
  ReportMetadata,
  ReportResource,
  ReportResult,
  ReportScanCoverage,
  ResourceResult,
  ScanCoverage,
  SeverityCounts,
  StatusInfo,
  SummaryDetails,
  Tally,
} from '@kso/wire';
import { reportResult } from './posture-v2-result.ts';
import { scrubObject } from './scrub-object.ts';

/** What a report says about a control besides its results. */
export interface ReportedControl {
  readonly id: string;
  readonly name: string;
  readonly baseScore: number;
  readonly category?: {
    readonly name: string;
    readonly id: string;
    readonly sub?: { readonly name: string; readonly id: string };
  };
}

/** An object behind a result, not yet scrubbed. */
export interface ReportedResource {
  readonly id: string;
  readonly object: UnknownRecord;
  readonly origin?: ObjectOrigin;
}

export interface PostureReportInput {
  readonly reportGuid: string;
  /** Epoch milliseconds. */
  readonly generatedAt: number;
  readonly clusterName: string;
  readonly customerGuid?: string;
  readonly serverVersion?: Readonly<Record<string, string>>;
  readonly metadata: ReportMetadata;
  readonly controls: readonly ReportedControl[];
  readonly summary: PostureSummary;
  readonly coverage: ScanCoverage;
  /** What became of the exceptions; left out of the report when there are none. */
  readonly exceptionAudit?: readonly ExceptionAudit[];
  /** The workloads of the highest risk. */
  readonly prioritized?: readonly PrioritizedResource[];
  /** EKS, GKE or AKS. */
  readonly cloudProvider?: string | undefined;
  readonly results: readonly ResourceResult[];
  /** Undefined for a resource that is gone: it is left out. */
  resource(id: string): ReportedResource | undefined;
  /** Control inputs that a rule was given, shown with its results; undefined if it takes none. Not copied. */
  inputsOf(controlId: string, rule: string): Record<string, string[]> | undefined;
}

/** Everything of a report except resources and results: what each part of it repeats. */
export type PostureReportHead = Omit<PostureReport, 'resources' | 'results'>;

/** A report whose two long lists are made anew each time they are read: it never stands in memory as a whole. */
export interface LazyPostureReport extends PostureReportHead {
  readonly resources: Iterable<ReportResource>;
  readonly results: Iterable<ReportResult>;
}

/** The posture report, version 2, as the scanner answers it and the CLI prints it (scanner.md 8, file variant). */
export function lazyPostureReport(input: PostureReportInput): LazyPostureReport {
  return {
    ...buildReportHead(input),
    resources: { [Symbol.iterator]: () => resourcesOf(input) },
    results: { [Symbol.iterator]: () => reportResults(input) },
  };
}

/** The same report with both lists in memory. */
export function buildPostureReport(input: PostureReportInput): PostureReport {
  const report = lazyPostureReport(input);
  return { ...report, resources: [...report.resources], results: [...report.results] };
}

function* resourcesOf({ results, resource }: PostureReportInput): Generator<ReportResource, void, undefined> {
  for (const { resourceId } of results) {
    const found = resource(resourceId);
    if (found !== undefined) yield reportResource(found);
  }
}

/** The results in the form of a report, made one after another. */
export function* reportResults({
  results,
  inputsOf,
  controls,
  prioritized = [],
}: PostureReportInput): Generator<ReportResult, void, undefined> {
  const severities = severitiesOf(controls);
  const priorities = new Map(prioritized.map((each) => [each.resourceId, each]));
  for (const result of results) yield reportResult(result, severities, inputsOf, priorities.get(result.resourceId));
}

export function buildReportHead(input: PostureReportInput): PostureReportHead {
  return {
    generationTime: new Date(input.generatedAt).toISOString(),
    clusterAPIServerInfo: input.serverVersion === undefined ? null : { ...input.serverVersion },
    clusterCloudProvider: input.cloudProvider ?? '',
    customerGUID: input.customerGuid ?? '',
    clusterName: reportedClusterName(input.clusterName),
    reportGUID: input.reportGuid,
    summaryDetails: summaryDetails(input),
    attributes: null,
    metadata: input.metadata,
    scanCoverage: scanCoverage(input.coverage),
    ...(input.exceptionAudit === undefined || input.exceptionAudit.length === 0
      ? {}
      : { exceptionAudit: { exceptions: [...input.exceptionAudit] } }),
  };
}

/** A resource in the form of a report, scrubbed. */
export function reportResource({ id, object, origin }: ReportedResource): ReportResource {
  return {
    resourceID: id,
    object: {
      ...scrubObject(object),
      ...(origin === undefined ? {} : { sourcePath: `${origin.relativePath}:${origin.document}` }),
    },
    ...(origin === undefined ? {} : { source: sourceOf(origin) }),
  };
}

export interface NamedSeverity {
  readonly name: string;
  readonly severity: string;
}

export function severitiesOf(controls: readonly ReportedControl[]): ReadonlyMap<string, NamedSeverity> {
  return new Map(controls.map(({ id, name, baseScore }) => [id, { name, severity: severityOfScore(baseScore) }]));
}

/** Characters that are no word characters become `-` (scanner.md 8.1). */
export function reportedClusterName(name: string): string {
  return name.replace(/\W/g, '-');
}

function sourceOf(origin: ObjectOrigin): ReportResource['source'] {
  const { file, relativePath, line, document, path: documentPath, renderedFrom } = origin;
  const path = file.endsWith(relativePath) ? file.slice(0, -relativePath.length).replace(/\/$/, '') : file;
  const named = { path, relativePath };
  if (renderedFrom?.type === 'helm') return { ...named, fileType: 'Helm Chart', helmChartName: renderedFrom.name };
  if (renderedFrom?.type === 'kustomize')
    return { ...named, fileType: 'Kustomize Directory', kustomizeDirectoryName: renderedFrom.name };
  const fileType = /\.json$/i.test(relativePath) ? 'JSON' : 'YAML';
  return { ...named, fileType, line, document, ...(documentPath === undefined ? {} : { documentPath }) };
}

function summaryDetails({ summary, controls }: PostureReportInput): SummaryDetails {
  const infos = new Map(controls.map((control) => [control.id, control]));
  const summaries = new Map(summary.controls.map((control) => [control.controlId, control]));
  const all = summary.controls.flatMap((control) => {
    const info = infos.get(control.controlId);
    return info === undefined ? [] : [[control.controlId, controlSummary(control, info, true)] as const];
  });
  return {
    controls: Object.fromEntries(all),
    status: summary.status,
    frameworks: summary.frameworks.map((framework) => frameworkSummary(framework, summaries, infos)),
    resourcesSeverityCounters: severityCounters(summary.failuresBySeverity),
    controlsSeverityCounters: severityCounters(summary.failedControlsBySeverity),
    ResourceCounters: resourceCounters(summary.tally),
    vulnerabilities: { mapsSeverityToSummary: {}, CVEs: [], packageScores: {}, images: null },
    score: rounded(summary.riskScore),
    complianceScore: rounded(summary.compliance),
    ...(summary.evaluatedCompliance === undefined
      ? {}
      : { evaluatedComplianceScore: rounded(summary.evaluatedCompliance) }),
  };
}

function controlSummary(control: ControlSummary, info: ReportedControl, withSeverity: boolean): ReportControlSummary {
  const { category } = info;
  return {
    statusInfo: statusInfo(control),
    controlID: control.controlId,
    name: info.name,
    status: control.status,
    resourceIDs: {},
    ResourceCounters: resourceCounters(control.tally),
    subStatusCounters: { ignoredResources: control.accepted ?? 0 },
    score: rounded(control.riskScore),
    complianceScore: rounded(control.compliance),
    scoreFactor: info.baseScore,
    ...(category === undefined
      ? {}
      : {
          category: {
            name: category.name,
            id: category.id,
            ...(category.sub === undefined ? {} : { subCategory: { name: category.sub.name, id: category.sub.id } }),
          },
        }),
    ...(withSeverity ? { severity: severityOfScore(info.baseScore) } : {}),
  };
}

function frameworkSummary(
  framework: FrameworkSummary,
  summaries: ReadonlyMap<string, ControlSummary>,
  infos: ReadonlyMap<string, ReportedControl>,
): ReportFrameworkSummary {
  const differing = new Map(framework.differing?.map((summary) => [summary.controlId, summary]));
  const controls = framework.controls.flatMap(({ id, name }) => {
    const summary = differing.get(id) ?? summaries.get(id);
    const info = infos.get(id);
    if (summary === undefined || info === undefined) return [];
    return [[id, controlSummary(summary, name === undefined ? info : { ...info, name }, false)] as const];
  });
  return {
    name: framework.name,
    status: framework.status,
    version: framework.version ?? '',
    ResourceCounters: resourceCounters(framework.tally),
    score: rounded(framework.riskScore),
    complianceScore: rounded(framework.compliance),
    controls: Object.fromEntries(controls),
  };
}

function statusInfo({ status, subStatus, info }: ControlSummary): StatusInfo {
  return { status, ...(subStatus === undefined ? {} : { subStatus }), ...(info === undefined ? {} : { info }) };
}

function scanCoverage(coverage: ScanCoverage): ReportScanCoverage {
  return {
    failedGVRPulls: coverage.failedKinds.map(({ resource, error }) => ({ gvr: resource, error })),
    partialGVRPulls: [],
    notEvaluatedControls: coverage.notEvaluatedControls.map(({ controlId, missing, reason }) => ({
      controlID: controlId,
      missingGVRs: [...missing],
      reason,
    })),
    policyDegradations: coverage.degradations.map(({ component, reason }) => ({ component, reason })),
    coverageScore: rounded(coverage.score),
    evaluatedControls: coverage.evaluatedControls,
    totalControls: coverage.totalControls,
    degraded: coverage.degraded,
    silentFailedGVRCount: coverage.silentFailedKinds ?? 0,
    vacuousFrameworks: [...coverage.vacuousFrameworks],
  };
}

function resourceCounters({ passed, failed, skipped }: Tally): SummaryDetails['ResourceCounters'] {
  return { passedResources: passed, failedResources: failed, skippedResources: skipped, excludedResources: 0 };
}

function severityCounters({
  critical,
  high,
  medium,
  low,
}: SeverityCounts): SummaryDetails['resourcesSeverityCounters'] {
  return { criticalSeverity: critical, highSeverity: high, mediumSeverity: medium, lowSeverity: low };
}

/** Six decimals: what readers compare, without the noise of binary fractions. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
