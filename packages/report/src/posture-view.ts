import { isRecord, parseSeverity, type Severity, severityOfScore } from '@kso/domain';
import type { PostureReport, ReportControl, ReportControlSummary, ReportResource, ReportScanCoverage } from '@kso/wire';
import type { ControlView, Gap, ObjectView, PostureView } from './view.ts';

type ControlPart = Pick<
  ReportControlSummary,
  'controlID' | 'name' | 'scoreFactor' | 'severity' | 'statusInfo' | 'ResourceCounters'
>;

/** The part of a posture report, version 2 (scanner.md 8), that the tables show. */
export interface PostureReportPart {
  readonly summaryDetails: Pick<PostureReport['summaryDetails'], 'ResourceCounters' | 'complianceScore'> & {
    readonly controls: Readonly<Record<string, ControlPart>>;
  };
  readonly results: Iterable<{
    readonly resourceID: string;
    readonly controls: readonly Pick<ReportControl, 'controlID' | 'status'>[];
  }>;
  readonly resources: Iterable<ReportResource>;
  readonly scanCoverage: Pick<ReportScanCoverage, 'failedGVRPulls' | 'notEvaluatedControls' | 'policyDegradations'>;
}

/** What the tables show of a posture report. */
export function postureView(report: PostureReportPart): PostureView {
  const { controls, ResourceCounters: counters, complianceScore } = report.summaryDetails;
  const severities = new Map(Object.values(controls).map((control) => [control.controlID, severityOf(control)]));
  return {
    objects: counters.passedResources + counters.failedResources + counters.skippedResources,
    failedObjects: counters.failedResources,
    complianceScore,
    controls: controlViews(report),
    failures: failures(report, severities),
    gaps: gapsOf(report.scanCoverage),
  };
}

/** Files that could not be read, then kinds that could not be listed. That a framework is larger than the library is no gap of a scan. */
function gapsOf({ policyDegradations, failedGVRPulls }: PostureReportPart['scanCoverage']): Gap[] {
  const files = policyDegradations.filter(({ component }) => component.startsWith('file '));
  return [
    ...files.map(({ component, reason }) => ({ type: 'file' as const, what: component.slice('file '.length), reason })),
    ...failedGVRPulls.map(({ gvr, error }) => ({ type: 'kind' as const, what: gvr, reason: error })),
  ];
}

/** What became of each control: read from the summary, so without a look at the results. */
export function controlViews(report: Pick<PostureReportPart, 'summaryDetails' | 'scanCoverage'>): ControlView[] {
  const reasons = new Map(report.scanCoverage.notEvaluatedControls.map(({ controlID, reason }) => [controlID, reason]));
  return Object.values(report.summaryDetails.controls).map((control): ControlView => {
    const { passedResources, failedResources } = control.ResourceCounters;
    const skipped = control.statusInfo.status === 'skipped' ? (control.statusInfo.info ?? 'skipped') : undefined;
    const notEvaluated = reasons.get(control.controlID) ?? skipped;
    return {
      id: control.controlID,
      name: control.name,
      severity: severityOf(control),
      failed: failedResources,
      evaluated: passedResources + failedResources,
      ...(notEvaluated === undefined ? {} : { notEvaluated }),
    };
  });
}

/** One row per object; what several bindings say about one subject stands in one row. */
function failures(report: PostureReportPart, severities: ReadonlyMap<string, Severity>): ObjectView[] {
  const resources = new Map(Array.from(report.resources, (resource) => [resource.resourceID, resource]));
  const rows = new Map<string, { readonly view: Omit<ObjectView, 'failed'>; readonly failed: Set<string> }>();
  for (const { resourceID, controls } of report.results) {
    const failed = controls.filter((control) => control.status.status === 'failed');
    if (failed.length === 0) continue;
    const view = objectOf(resourceID, resources.get(resourceID));
    const key = `${view.namespace}/${view.kind}/${view.name}`;
    const row = rows.get(key) ?? { view, failed: new Set() };
    for (const control of failed) row.failed.add(control.controlID);
    rows.set(key, row);
  }
  return Array.from(rows.values(), ({ view, failed }) => ({
    ...view,
    failed: Array.from(failed, (id) => ({ id, severity: severities.get(id) ?? 'Unknown' })),
  }));
}

/** An object by its metadata, an RBAC subject by its own fields; without the object the id has to do. */
function objectOf(resourceID: string, resource: ReportResource | undefined): Omit<ObjectView, 'failed'> {
  if (resource === undefined) {
    const [namespace = '', kind = '', name = ''] = resourceID.split('/').slice(-3);
    return { namespace, kind, name };
  }
  const { kind, metadata, name, namespace } = resource.object;
  const named = isRecord(metadata) ? metadata : { name, namespace };
  const origin = originOf(resource);
  return {
    namespace: textOf(named['namespace']),
    kind: textOf(kind),
    name: textOf(named['name']),
    ...(origin === undefined ? {} : { origin }),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function severityOf(control: ControlPart): Severity {
  return parseSeverity(control.severity ?? '') ?? severityOfScore(control.scoreFactor);
}

function originOf({ source }: Pick<ReportResource, 'source'>): string | undefined {
  if (source === undefined || source.relativePath === '') return undefined;
  return source.line !== undefined ? `${source.relativePath}:${source.line}` : source.relativePath;
}
