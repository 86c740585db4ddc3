import type { ControlInfo, Framework } from '@kso/controls';
import { severityOfScore } from '@kso/domain';
import type {
  ControlResult,
  ControlSummary,
  FrameworkSummary,
  PostureSummary,
  ResourceResult,
  RolledUpStatus,
  SubStatus,
} from '@kso/wire';
import {
  complianceOf,
  emptyTally,
  type MutableSeverityCounts,
  type MutableTally,
  mean,
  noSeverities,
  type RiskParts,
  riskOf,
  rolledUpStatus,
  strongestSubStatus,
  subStatusOf,
  worstStatus,
} from './rollup.ts';

export interface SummaryInput {
  /** Results of the scan, with the selected controls only (`selectResults`). */
  readonly results: Iterable<ResourceResult>;
  readonly controls: readonly ControlInfo[];
  readonly frameworks: readonly Framework[];
  /** Kinds that could not be read, for each control that reads them. */
  readonly missing: ReadonlyMap<string, readonly string[]>;
  weightOf(resourceId: string): number;
}

interface ControlCounts {
  readonly tally: MutableTally;
  readonly subStatuses: Set<SubStatus>;
  readonly risk: RiskParts;
  detail: string | undefined;
}

/** Rolls results up per control, per framework and for the whole scan. */
export function summarise(input: SummaryInput): PostureSummary {
  const { controls, frameworks } = input;
  const counts = new Map(controls.map(({ id }) => [id, newCounts()]));
  const tallies = new Map(frameworks.map((framework) => [framework, emptyTally()]));
  const memberships = frameworks.map(
    (framework) => [framework, new Set(framework.controls.map(({ id }) => id))] as const,
  );
  const tally = emptyTally();

  for (const result of input.results) {
    const weight = input.weightOf(result.resourceId);
    for (const control of result.controls) count(counts.get(control.controlId), control, weight);
    tally[statusOf(result.controls)]++;
    for (const [framework, members] of memberships) {
      const own = result.controls.filter(({ controlId }) => members.has(controlId));
      const frameworkTally = tallies.get(framework);
      if (own.length > 0 && frameworkTally !== undefined) frameworkTally[statusOf(own)]++;
    }
  }

  const summaries = controls.map((info) => controlSummary(info, counts.get(info.id) ?? newCounts(), input.missing));
  const byId = new Map(summaries.map((summary) => [summary.controlId, summary]));
  const risks = new Map(controls.map(({ id, baseScore }) => [id, scaled(counts.get(id)?.risk, baseScore)]));
  return {
    status: worstStatus(summaries.map(({ status }) => status)),
    controls: summaries,
    frameworks: frameworks.map((framework) =>
      frameworkSummary(framework, byId, risks, tallies.get(framework) ?? emptyTally()),
    ),
    tally,
    ...severities(controls, byId),
    compliance: mean(summaries.map(({ compliance }) => compliance)) ?? 0,
    evaluatedCompliance: mean(
      summaries.filter(({ status }) => status !== 'skipped').map(({ compliance }) => compliance),
    ),
    riskScore: riskOf([...risks.values()]),
  };
}

function newCounts(): ControlCounts {
  return { tally: emptyTally(), subStatuses: new Set(), risk: { failed: 0, all: 0 }, detail: undefined };
}

function scaled(risk: RiskParts | undefined, baseScore: number): RiskParts {
  return { failed: (risk?.failed ?? 0) * baseScore, all: (risk?.all ?? 0) * baseScore };
}

function statusOf(controls: readonly ControlResult[]): RolledUpStatus {
  return worstStatus(controls.map(({ status }) => rolledUpStatus(status)));
}

function count(counts: ControlCounts | undefined, { status, rules }: ControlResult, weight: number): void {
  if (counts === undefined) return;
  counts.tally[rolledUpStatus(status)]++;
  counts.risk.all += weight;
  if (status === 'failed') counts.risk.failed += weight;
  for (const { verdict } of rules) {
    const subStatus = subStatusOf(verdict);
    if (subStatus !== undefined) counts.subStatuses.add(subStatus);
    if (verdict.status === 'notEvaluated') counts.detail ??= verdict.detail;
  }
}

function controlSummary(
  info: ControlInfo,
  { tally, subStatuses, risk, detail }: ControlCounts,
  missing: SummaryInput['missing'],
): ControlSummary {
  const judged = tally.passed + tally.failed + tally.skipped;
  const base = { controlId: info.id, tally, riskScore: riskOf([risk]) };
  const done = (status: RolledUpStatus, subStatus?: SubStatus, why?: string): ControlSummary => ({
    ...base,
    status,
    compliance: complianceOf(status, tally),
    ...(subStatus === undefined ? {} : { subStatus }),
    ...(why === undefined ? {} : { info: why }),
  });

  if (tally.failed > 0) return done('failed');
  const kinds = missing.get(info.id) ?? [];
  if (kinds.length > 0) return done('skipped', 'notEvaluated', `these kinds could not be read: ${kinds.join(', ')}`);
  if (tally.skipped > 0) return done('skipped', strongestSubStatus(subStatuses) ?? 'notEvaluated', detail);
  if (judged === 0 && info.missingSource !== undefined)
    return done('skipped', 'integration', `it needs ${info.missingSource}, which is not collected yet`);
  return judged === 0 ? done('passed', 'irrelevant') : done('passed');
}

function frameworkSummary(
  { name, controls }: Framework,
  byId: ReadonlyMap<string, ControlSummary>,
  risks: ReadonlyMap<string, RiskParts>,
  tally: MutableTally,
): FrameworkSummary {
  const members = controls.flatMap(({ id }) => byId.get(id) ?? []);
  return {
    name,
    status: worstStatus(members.map(({ status }) => status)),
    tally,
    compliance: mean(members.map(({ compliance }) => compliance)) ?? 0,
    riskScore: riskOf(controls.flatMap(({ id }) => risks.get(id) ?? [])),
    controls,
  };
}

function severities(
  controls: readonly ControlInfo[],
  byId: ReadonlyMap<string, ControlSummary>,
): Pick<PostureSummary, 'failuresBySeverity' | 'failedControlsBySeverity'> {
  const failures = noSeverities();
  const failedControls = noSeverities();
  for (const { id, baseScore } of controls) {
    const failed = byId.get(id)?.tally.failed ?? 0;
    const severity = severityOfScore(baseScore).toLowerCase();
    if (failed === 0 || !isCounted(severity)) continue;
    failures[severity] += failed;
    failedControls[severity]++;
  }
  return { failuresBySeverity: failures, failedControlsBySeverity: failedControls };
}

function isCounted(severity: string): severity is keyof MutableSeverityCounts {
  return severity === 'critical' || severity === 'high' || severity === 'medium' || severity === 'low';
}
