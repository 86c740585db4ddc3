import { isRecord, parseSeverity, type Severity, severityOfScore } from '@kso/domain';
import type { PostureReport, ReportControl, ReportControlSummary, ReportResource, ReportScanCoverage } from '@kso/wire';
import { nameById } from './name-by-id.ts';
import { ObjectGaps } from './object-gaps.ts';
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
    readonly controls: readonly (Pick<ReportControl, 'controlID' | 'status'> & Partial<Pick<ReportControl, 'rules'>>)[];
  }>;
  readonly resources: Iterable<ReportResource>;
  readonly scanCoverage: Pick<ReportScanCoverage, 'failedGVRPulls' | 'notEvaluatedControls' | 'policyDegradations'>;
}

/** What the tables show of a posture report. */
export function postureView(report: PostureReportPart): PostureView {
  const { ResourceCounters: counters, complianceScore } = report.summaryDetails;
  const { failures, gaps } = objectsOf(report);
  return {
    objects: counters.passedResources + counters.failedResources + counters.skippedResources,
    failedObjects: counters.failedResources,
    complianceScore,
    controls: controlViews(report),
    failures,
    gaps: [...gapsOf(report.scanCoverage), ...gaps],
  };
}

/** Files that could not be read, roles that are not known, kinds that could not be listed. What policy lacks is no gap of the scan. */
function gapsOf({ policyDegradations, failedGVRPulls }: PostureReportPart['scanCoverage']): Gap[] {
  const degraded = (type: 'file' | 'role'): Gap[] =>
    policyDegradations
      .filter(({ component }) => component.startsWith(`${type} `))
      .map(({ component, reason }) => ({ type, what: component.slice(type.length + 1), reason }));
  return [
    ...degraded('file'),
    ...degraded('role'),
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
      ...(control.statusInfo.subStatus === 'irrelevant' ? { irrelevant: true } : {}),
    };
  });
}

/** The controls that judged something. */
export function judgingControls({ summaryDetails }: Pick<PostureReportPart, 'summaryDetails'>): ReadonlySet<string> {
  const judging = Object.values(summaryDetails.controls).filter(
    ({ ResourceCounters: counters }) => counters.passedResources + counters.failedResources > 0,
  );
  return new Set(judging.map(({ controlID }) => controlID));
}

/** One row per object that fails; what several bindings say about one subject stands in one row. And those that could not be judged. */
function objectsOf(report: PostureReportPart): { readonly failures: ObjectView[]; readonly gaps: Gap[] } {
  // Resources are made while they are read: of each only what a row shows is kept.
  const named = new Map<string, Omit<ObjectView, 'failed'>>();
  for (const resource of report.resources) named.set(resource.resourceID, objectOf(resource));
  const failedControl = failedControls(report);
  const rows = new Map<string, Omit<ObjectView, 'failed'> & { readonly failed: FailedControl[] }>();
  const gaps = new ObjectGaps(judgingControls(report));
  for (const { resourceID, controls } of report.results) {
    gaps.add(() => named.get(resourceID) ?? nameById(resourceID), controls);
    const failed = controls.filter((control) => control.status.status === 'failed');
    if (failed.length === 0) continue;
    const view = named.get(resourceID) ?? nameById(resourceID);
    const key = `${view.namespace}/${view.kind}/${view.name}`;
    const row = rows.get(key) ?? { ...view, failed: [] };
    for (const { controlID } of failed) {
      const control = failedControl(controlID);
      if (!row.failed.includes(control)) row.failed.push(control);
    }
    rows.set(key, row);
  }
  return { failures: [...rows.values()], gaps: gaps.list() };
}

type FailedControl = ObjectView['failed'][number];

/** One object for a control, shared by all rows. */
function failedControls({ summaryDetails }: PostureReportPart): (id: string) => FailedControl {
  const known = new Map<string, FailedControl>();
  for (const control of Object.values(summaryDetails.controls))
    known.set(control.controlID, { id: control.controlID, severity: severityOf(control) });
  return (id) => {
    const control = known.get(id) ?? { id, severity: 'Unknown' };
    known.set(id, control);
    return control;
  };
}

/** An object by its metadata, an RBAC subject by its own fields. */
function objectOf(resource: ReportResource): Omit<ObjectView, 'failed'> {
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
