import type { ControlInfo, Framework } from '@kso/controls';
import { acceptedInFrameworks, hasLimitedExceptions, mean, overallRiskOf, severityOfScore } from '@kso/domain';
import type {
  ControlResult,
  ControlSummary,
  FrameworkSummary,
  PostureSummary,
  ResourceResult,
  RolledUpStatus,
} from '@kso/wire';
import { ControlTally } from './control-tally.ts';
import { getOrMake } from './object-index.ts';
import type { AcceptedControls } from './port.ts';
import {
  emptyTally,
  type MutableSeverityCounts,
  type MutableTally,
  noSeverities,
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
  /** `accepted`: controls that exceptions cover in the whole cluster (`PolicyEngine.acceptedControls`). */
  summary(missing: MissingKinds, accepted?: AcceptedControls): PostureSummary;
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
  /** Per framework and control, by how much the tally differs there because of exceptions that are limited to frameworks. */
  readonly #differences: readonly Map<string, ControlTally>[];
  /** Positions of the frameworks that have a control. */
  readonly #positions = new Map<string, number[]>();

  constructor(controls: readonly ControlInfo[], frameworks: readonly Framework[]) {
    this.#controls = controls;
    this.#frameworks = frameworks;
    this.#tallies = new Map(controls.map((info) => [info.id, new ControlTally(info)]));
    this.#frameworkTallies = frameworks.map(emptyTally);
    this.#differences = frameworks.map(() => new Map<string, ControlTally>());
    for (const [position, framework] of frameworks.entries())
      for (const { id } of framework.controls) this.#positions.set(id, [...(this.#positions.get(id) ?? []), position]);
  }

  add(result: ResourceResult, weight: number): void {
    this.#count(result.controls, weight, 1);
  }

  remove(result: ResourceResult, weight: number): void {
    this.#count(result.controls, weight, -1);
  }

  summary(missing: MissingKinds, accepted: AcceptedControls = new Map()): PostureSummary {
    const controls = this.#controls.map(({ id, ...info }) =>
      (this.#tallies.get(id) ?? new ControlTally({ id, ...info })).summary(missing.get(id) ?? [], accepted.has(id)),
    );
    const byId = new Map(controls.map((summary) => [summary.controlId, summary]));
    const evaluated = controls.filter(({ status }) => status !== 'skipped');
    return {
      status: worstStatus(controls.map(({ status }) => status)),
      controls,
      frameworks: this.#frameworks.map((framework, position) => this.#framework(framework, position, byId, missing)),
      tally: { ...this.#tally },
      ...this.#severities(),
      compliance: mean(controls.map(({ compliance }) => compliance)) ?? 0,
      evaluatedCompliance: mean(evaluated.map(({ compliance }) => compliance)),
      riskScore: overallRiskOf(Array.from(this.#tallies.values(), ({ risk }) => risk)),
    };
  }

  #count(controls: readonly ControlResult[], weight: number, sign: 1 | -1): void {
    let worst: RolledUpStatus | undefined;
    const worstByFramework: (RolledUpStatus | undefined)[] = [];
    for (const control of controls) {
      const tally = this.#tallies.get(control.controlId);
      if (tally === undefined) continue;
      const positions = this.#positions.get(control.controlId) ?? [];
      const isLimited = hasLimitedExceptions(control);
      // What is accepted in every framework of the report that asks for the control is accepted.
      const counted = isLimited
        ? acceptedInFrameworks(
            control,
            positions.map((at) => this.#nameOf(at)),
          )
        : control;
      tally.count(counted, weight, sign);
      worst = worseOf(worst ?? 'passed', rolledUpStatus(counted.status));
      for (const position of positions) {
        const here = isLimited ? this.#countDifference(control, counted, position, weight, sign) : counted;
        worstByFramework[position] = worseOf(worstByFramework[position] ?? 'passed', rolledUpStatus(here.status));
      }
    }
    if (worst !== undefined) this.#tally[worst] += sign;
    for (const [position, status] of worstByFramework.entries()) {
      const tally = this.#frameworkTallies[position];
      if (status !== undefined && tally !== undefined) tally[status] += sign;
    }
  }

  #nameOf(position: number): string {
    return this.#frameworks[position]?.name ?? '';
  }

  /** Notes by how much the control counts otherwise in this framework; answers what it is there. */
  #countDifference(
    control: ControlResult,
    counted: ControlResult,
    position: number,
    weight: number,
    sign: 1 | -1,
  ): ControlResult {
    const here = acceptedInFrameworks(control, [this.#nameOf(position)]);
    const info = this.#controls.find(({ id }) => id === control.controlId);
    const differences = this.#differences[position];
    if (here.status === counted.status || info === undefined || differences === undefined) return here;
    const difference = getOrMake(differences, info.id, () => new ControlTally(info));
    difference.count(here, weight, sign);
    difference.count(counted, weight, sign === 1 ? -1 : 1);
    return here;
  }

  #framework(
    { name, version, controls }: Framework,
    position: number,
    byId: ReadonlyMap<string, ControlSummary>,
    missing: MissingKinds,
  ): FrameworkSummary {
    const tallies = new Map(
      Array.from(this.#differences[position] ?? [], ([id, difference]) => {
        const tally = this.#tallies.get(id);
        return [id, tally === undefined ? difference : tally.plus(difference)] as const;
      }),
    );
    const differing = Array.from(tallies, ([id, tally]) => tally.summary(missing.get(id) ?? []));
    const here = new Map([...byId, ...differing.map((summary) => [summary.controlId, summary] as const)]);
    const members = controls.flatMap(({ id }) => here.get(id) ?? []);
    return {
      name,
      status: worstStatus(members.map(({ status }) => status)),
      tally: { ...(this.#frameworkTallies[position] ?? emptyTally()) },
      compliance: mean(members.map(({ compliance }) => compliance)) ?? 0,
      riskScore: overallRiskOf(controls.flatMap(({ id }) => (tallies.get(id) ?? this.#tallies.get(id))?.risk ?? [])),
      controls,
      ...(version === undefined ? {} : { version }),
      ...(differing.length === 0 ? {} : { differing }),
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
