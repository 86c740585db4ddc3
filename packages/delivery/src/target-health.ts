import { retryDelay } from '@kso/kit';
import type { PostOutcome } from './outcome.ts';

export interface HealthOptions {
  /** First wait and ceiling when the endpoint is away or overloaded, in ms. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** Wait while address, account or key are wrong, in ms. */
  readonly misconfiguredMs: number;
  readonly random: () => number;
}

/** Why nothing is sent at present, and until when (epoch ms). */
export interface Pause {
  readonly until: number;
  readonly cause: 'unreachable' | 'busy' | 'misconfigured';
  readonly reason: string;
}

/**
 * One view of the endpoint for all entries. When it is away, overloaded or refuses us, everything waits instead of every entry
 * knocking by itself; after the wait a single post probes, and its success opens the way for all.
 */
export interface TargetHealth {
  /** How many posts may run at once now. */
  allowance(now: number, concurrency: number): number;
  pause(): Pause | undefined;
  /** True if this ended a pause. */
  succeeded(): boolean;
  /** `startedAt`: posts that began before the pause tell nothing new. Returns the pause if this began or prolonged one. */
  failed(outcome: PostOutcome, startedAt: number, now: number): Pause | undefined;
}

/** Server errors may be the fault of one report (a poison body): only a run of them, without a success between, says something of the endpoint. */
const errorsInARow = 3;

export function createTargetHealth(options: HealthOptions): TargetHealth {
  let current: Pause | undefined;
  let failures = 0;
  let errors = 0;
  let judgedAt = Number.NEGATIVE_INFINITY;

  const waitFor = (outcome: PostOutcome): number | undefined => {
    const backoff = { baseMs: options.baseMs, maxMs: options.maxMs, random: options.random };
    switch (outcome.kind) {
      case 'unreachable':
        return retryDelay(failures + 1, backoff);
      case 'busy':
        if (outcome.status === 408 || outcome.status === 409) return undefined;
        if (outcome.status !== 429 && outcome.status !== 503 && (errors += 1) < errorsInARow) return undefined;
        return retryDelay(failures + 1, backoff, outcome.retryAfterMs);
      case 'misconfigured':
        return options.misconfiguredMs * (1 + options.random() * 0.25);
      default:
        return undefined;
    }
  };

  return {
    allowance(now, concurrency) {
      if (current === undefined) return concurrency;
      return now < current.until ? 0 : 1;
    },
    pause: () => current,
    succeeded() {
      const wasPaused = current !== undefined;
      current = undefined;
      failures = 0;
      errors = 0;
      return wasPaused;
    },
    failed(outcome, startedAt, now) {
      if (startedAt < judgedAt) return undefined;
      // It is back: how long it was away says nothing of how long it wants to be left alone.
      if (outcome.kind === 'busy' && current?.cause === 'unreachable') failures = 0;
      const wait = waitFor(outcome);
      if (
        wait === undefined ||
        outcome.kind === 'delivered' ||
        outcome.kind === 'refused' ||
        outcome.kind === 'abandoned'
      )
        return undefined;
      failures += 1;
      judgedAt = now;
      current = { until: now + Math.round(wait), cause: outcome.kind, reason: outcome.reason };
      return current;
    },
  };
}
