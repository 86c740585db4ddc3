import type { ControlInfo, Framework } from '@kso/controls';
import { severityOfScore } from '@kso/domain';
import type {
  ControlResult,
  ControlSummary,
  FrameworkSummary,
  PostureSummary,
  ResourceResult,
  RolledUpStatus,
} from '@kso/wire';
import { ControlTally } from './control-tally.ts';
import {
  emptyTally,
  type MutableSeverityCounts,
  type MutableTally,
  mean,
  noSeverities,
  riskOf,
  rolledUpStatus,
  worseOf,
  worstStatus,
} from './rollup.ts';

/** Kinds that could not be read, for each control that reads them (`missingKinds`). */
export type MissingKinds = ReadonlyMap<string, readonly string[]>;

/**
 * Rolls results up per control, per framework and for the whole scan. Kept up to date by additions and removals, a summary costs
 * nothing that grows with the cluster. Controls that are not selected are left out of results.
 */
export interface SummaryCounter {
  /** `weight`: replicas that the resource stands for. */
  add(result: ResourceResult, weight: number): void;
  /** Takes out what was added, with the same weight. */
  remove(result: ResourceResult, weight: number): void;
  summary(missing: MissingKinds): PostureSummary;
}

export function createSummaryCounter(
  controls: readonly ControlInfo[],
  frameworks: readonly Framework[],
): SummaryCounter {
  return new Counter(controls, frameworks);
}

class Counter implements SummaryCounter {
  readonly #controls: readonly ControlInfo[];
  readonly #frameworks: readonly Framework[];
  readonly #tallies: ReadonlyMap<string, ControlTally>;
  readonly #tally = emptyTally();
  readonly #frameworkTallies: readonly MutableTally[];
  /** Positions of the frameworks that have a control. */
  readonly #positions = new Map<string, number[]>();

  constructor(controls: readonly ControlInfo[], frameworks: readonly Framework[]) {
    this.#controls = controls;
    this.#frameworks = frameworks;
    this.#tallies = new Map(controls.map((info) => [info.id, new ControlTally(info)]));
    this.#frameworkTallies = frameworks.map(emptyTally);
    for (const [position, framework] of frameworks.entries())
      for (const { id } of framework.controls) this.#positions.set(id, [...(this.#positions.get(id) ?? []), position]);
  }

  add(result: ResourceResult, weight: number): void {
    this.#count(result.controls, weight, 1);
  }

  remove(result: ResourceResult, weight: number): void {
    this.#count(result.controls, weight, -1);
  }

  summary(missing: MissingKinds): PostureSummary {
    const controls = this.#controls.map(({ id, ...info }) =>
      (this.#tallies.get(id) ?? new ControlTally({ id, ...info })).summary(missing.get(id) ?? []),
    );
    const byId = new Map(controls.map((summary) => [summary.controlId, summary]));
    const evaluated = controls.filter(({ status }) => status !== 'skipped');
    return {
      status: worstStatus(controls.map(({ status }) => status)),
      controls,
      frameworks: this.#frameworks.map((framework, position) => this.#framework(framework, position, byId)),
      tally: { ...this.#tally },
      ...this.#severities(),
      compliance: mean(controls.map(({ compliance }) => compliance)) ?? 0,
      evaluatedCompliance: mean(evaluated.map(({ compliance }) => compliance)),
      riskScore: riskOf(Array.from(this.#tallies.values(), ({ risk }) => risk)),
    };
  }

  #count(controls: readonly ControlResult[], weight: number, sign: 1 | -1): void {
    let worst: RolledUpStatus | undefined;
    const worstByFramework: (RolledUpStatus | undefined)[] = [];
    for (const control of controls) {
      const tally = this.#tallies.get(control.controlId);
      if (tally === undefined) continue;
      tally.count(control, weight, sign);
      const status = rolledUpStatus(control.status);
      worst = worseOf(worst ?? 'passed', status);
      for (const position of this.#positions.get(control.controlId) ?? [])
        worstByFramework[position] = worseOf(worstByFramework[position] ?? 'passed', status);
    }
    if (worst !== undefined) this.#tally[worst] += sign;
    for (const [position, status] of worstByFramework.entries()) {
      const tally = this.#frameworkTallies[position];
      if (status !== undefined && tally !== undefined) tally[status] += sign;
    }
  }

  #framework(
    { name, controls }: Framework,
    position: number,
    byId: ReadonlyMap<string, ControlSummary>,
  ): FrameworkSummary {
    const members = controls.flatMap(({ id }) => byId.get(id) ?? []);
    return {
      name,
      status: worstStatus(members.map(({ status }) => status)),
      tally: { ...(this.#frameworkTallies[position] ?? emptyTally()) },
      compliance: mean(members.map(({ compliance }) => compliance)) ?? 0,
      riskScore: riskOf(controls.flatMap(({ id }) => this.#tallies.get(id)?.risk ?? [])),
      controls,
    };
  }

  #severities(): Pick<PostureSummary, 'failuresBySeverity' | 'failedControlsBySeverity'> {
    const failuresBySeverity = noSeverities();
    const failedControlsBySeverity = noSeverities();
    for (const { id, baseScore } of this.#controls) {
      const failed = this.#tallies.get(id)?.failed ?? 0;
      const severity = severityOfScore(baseScore).toLowerCase();
      if (failed === 0 || !isCounted(severity)) continue;
      failuresBySeverity[severity] += failed;
      failedControlsBySeverity[severity]++;
    }
    return { failuresBySeverity, failedControlsBySeverity };
  }
}

function isCounted(severity: string): severity is keyof MutableSeverityCounts {
  return severity === 'critical' || severity === 'high' || severity === 'medium' || severity === 'low';
}
