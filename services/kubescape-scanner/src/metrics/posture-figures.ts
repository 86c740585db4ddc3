import { severityOfScore } from '@kso/domain';
import type { PostureReportInput } from '@kso/report';
import type { ControlSummary, RolledUpStatus, Tally } from '@kso/wire';

/** The state of the cluster in numbers: what metrics show. */
export interface PostureFigures {
  /** 0 to 100. */
  readonly compliance: number;
  readonly coverage: number;
  readonly resources: Tally;
  readonly controls: Tally;
  readonly frameworks: readonly FrameworkFigures[];
  readonly byControl: readonly ControlFigures[];
  readonly byResource: readonly ResourceFigures[];
}

export interface FrameworkFigures {
  readonly name: string;
  readonly compliance: number;
  readonly resources: Tally;
  readonly controls: Tally;
  readonly controlIds: readonly string[];
}

export interface ControlFigures {
  readonly id: string;
  readonly name: string;
  readonly severity: string;
  readonly status: RolledUpStatus;
  readonly compliance: number;
  readonly resources: Tally;
  /** Resources that fail it by namespace; cluster-scoped ones under the empty name. */
  readonly failedByNamespace: Readonly<Record<string, number>>;
}

export interface ResourceFigures {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly failed: number;
  readonly skipped: number;
}

/** Counts what a report about everything says. */
export function figuresOf({ summary, coverage, controls, results }: PostureReportInput): PostureFigures {
  const failedByNamespace = new Map<string, Map<string, number>>();
  const byResource: ResourceFigures[] = [];
  for (const { apiVersion, kind, namespace, name, controls: judged } of results) {
    let failed = 0;
    let skipped = 0;
    for (const { controlId, status } of judged) {
      if (status === 'notEvaluated') skipped += 1;
      if (status !== 'failed') continue;
      failed += 1;
      let counts = failedByNamespace.get(controlId);
      if (counts === undefined) failedByNamespace.set(controlId, (counts = new Map()));
      counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
    }
    byResource.push({ apiVersion, kind, namespace, name, failed, skipped });
  }
  const infos = new Map(controls.map((control) => [control.id, control]));
  const summaries = new Map(summary.controls.map((control) => [control.controlId, control]));
  return {
    compliance: summary.compliance,
    coverage: coverage.score,
    resources: summary.tally,
    controls: tallyOf(summary.controls),
    frameworks: summary.frameworks.map((framework) => ({
      name: framework.name,
      compliance: framework.compliance,
      resources: framework.tally,
      controls: tallyOf(framework.controls.flatMap(({ id }) => summaries.get(id) ?? [])),
      controlIds: framework.controls.map(({ id }) => id),
    })),
    byControl: summary.controls.map(({ controlId, status, compliance, tally }) => ({
      id: controlId,
      name: infos.get(controlId)?.name ?? controlId,
      severity: severityOfScore(infos.get(controlId)?.baseScore ?? 0),
      status,
      compliance,
      resources: tally,
      failedByNamespace: Object.fromEntries(failedByNamespace.get(controlId) ?? []),
    })),
    byResource,
  };
}

function tallyOf(controls: readonly ControlSummary[]): Tally {
  const count = (wanted: RolledUpStatus): number => controls.filter(({ status }) => status === wanted).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}
