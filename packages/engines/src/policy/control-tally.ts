import type { ControlInfo } from '@kso/controls';
import { complianceOf, type RiskParts, riskOf } from '@kso/domain';
import type { ControlResult, ControlSummary, RolledUpStatus, SubStatus } from '@kso/wire';
import { emptyTally, rolledUpStatus, strongestSubStatus, subStatusOf } from './rollup.ts';

/** What the resources say about one control, added up; results can be taken out again. */
export class ControlTally {
  readonly #info: ControlInfo;
  readonly #tally = emptyTally();
  readonly #subStatuses = new Map<SubStatus, number>();
  readonly #details = new Map<string, number>();
  #accepted = 0;
  #failedWeight = 0;
  #weight = 0;

  constructor(info: ControlInfo) {
    this.#info = info;
  }

  /** Adds a result once (`sign` 1) or takes it out (-1). */
  count({ status, rules }: ControlResult, weight: number, sign: 1 | -1): void {
    this.#tally[rolledUpStatus(status)] += sign;
    this.#weight += sign * weight;
    if (status === 'failed') {
      this.#failedWeight += sign * weight;
      return;
    }
    if (
      status === 'passed' &&
      rules.some(({ verdict }) => verdict.status === 'passed' && verdict.accepted !== undefined)
    )
      this.#accepted += sign;
    for (const { verdict } of rules) {
      const subStatus = subStatusOf(verdict);
      if (subStatus !== undefined) adjust(this.#subStatuses, subStatus, sign);
      if (verdict.status === 'notEvaluated') adjust(this.#details, verdict.detail, sign);
    }
  }

  get failed(): number {
    return this.#tally.failed;
  }

  /** For scores over several controls: weights times base score. */
  get risk(): RiskParts {
    const { baseScore } = this.#info;
    return { failed: this.#failedWeight * baseScore, all: this.#weight * baseScore };
  }

  /** Both together: what stands here, and a difference of single results. */
  plus(other: ControlTally): ControlTally {
    const sum = new ControlTally(this.#info);
    for (const part of [this, other]) {
      for (const status of ['passed', 'failed', 'skipped'] as const) sum.#tally[status] += part.#tally[status];
      for (const [subStatus, count] of part.#subStatuses) adjust(sum.#subStatuses, subStatus, count);
      for (const [detail, count] of part.#details) adjust(sum.#details, detail, count);
      sum.#accepted += part.#accepted;
      sum.#failedWeight += part.#failedWeight;
      sum.#weight += part.#weight;
    }
    return sum;
  }

  /**
   * `missing`: kinds that the control reads and that could not be read. `isAccepted`: an exception covers the control in the whole
   * cluster, which counts where it has no resources.
   */
  summary(missing: readonly string[], isAccepted = false): ControlSummary {
    const tally = { ...this.#tally };
    const base = {
      controlId: this.#info.id,
      tally,
      riskScore: riskOf([this.risk]),
      ...(this.#accepted === 0 ? {} : { accepted: this.#accepted }),
    };
    const done = (status: RolledUpStatus, subStatus?: SubStatus, info?: string): ControlSummary => ({
      ...base,
      status,
      compliance: complianceOf(status, tally),
      ...(subStatus === undefined ? {} : { subStatus }),
      ...(info === undefined ? {} : { info }),
    });

    if (tally.failed > 0) return done('failed');
    if (missing.length > 0)
      return done('skipped', 'notEvaluated', `these kinds could not be read: ${missing.join(', ')}`);
    if (tally.skipped > 0) {
      const [detail] = this.#details.keys();
      return done('skipped', strongestSubStatus(this.#subStatuses) ?? 'notEvaluated', detail);
    }
    if (tally.passed > 0) return done('passed', this.#accepted > 0 ? 'w/exceptions' : undefined);
    if (isAccepted) return done('passed', 'w/exceptions');
    const { missingSource, actionRequired } = this.#info;
    if (actionRequired === 'manual review')
      return done('skipped', 'manual review', 'it cannot be evaluated: people have to answer it');
    return missingSource === undefined
      ? done('passed', 'irrelevant')
      : done('skipped', 'integration', `it needs ${missingSource}, and the scan has none`);
  }
}

function adjust<K>(counts: Map<K, number>, key: K, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
