import type { Clock } from './clock.ts';

export interface Backoff {
  /** Wait after the first failure, before jitter, in ms. */
  readonly baseMs: number;
  /** No wait is longer. */
  readonly maxMs: number;
  /** 0 ≤ x < 1; `Math.random` by default. */
  readonly random?: () => number;
}

/** Milliseconds to wait after the `attempt`-th failure (1 for the first): doubled each time, with full jitter, so callers do not come back together. */
export function backoffDelay(attempt: number, backoff: Backoff): number {
  return Math.round((backoff.random ?? Math.random)() * exponential(attempt, backoff));
}

/** `Retry-After` (seconds or an HTTP date) in ms from `nowMs`, 0 for a past date; undefined when it is absent or makes no sense. */
export function parseRetryAfter(header: string | null | undefined, nowMs: number): number | undefined {
  const text = header?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text) * 1000;
  // An HTTP date begins with the name of a day; `Date.parse` alone also takes "1" and "soon 5".
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  const when = Date.parse(text);
  return Number.isNaN(when) ? undefined : Math.max(0, when - nowMs);
}

/**
 * The wait before the next try when the other side may have said how long: never less than the usual backoff (a zero must not
 * become a hot loop), never more than `maxMs` (a day must not park a worker), spread by a quarter.
 */
export function retryDelay(attempt: number, backoff: Backoff, retryAfterMs?: number): number {
  if (retryAfterMs === undefined) return backoffDelay(attempt, backoff);
  const floor = exponential(attempt, backoff);
  const wait = Math.min(Math.max(retryAfterMs, floor), backoff.maxMs);
  const spread = wait * 0.25 * (backoff.random ?? Math.random)();
  // Later than asked is polite; above the ceiling there is only room below it.
  return Math.round(wait + spread <= backoff.maxMs ? wait + spread : backoff.maxMs - spread);
}

function exponential(attempt: number, { baseMs, maxMs }: Backoff): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(Math.max(0, attempt - 1), 50));
}

export interface RetryPolicy extends Backoff {
  /** In all, the first included. */
  readonly attempts: number;
  /** Budget of all attempts and waits together; a wait that would exceed it is not begun. */
  readonly budgetMs?: number;
}

export type RetryDecision =
  | { readonly retry: false }
  | { readonly retry: true; readonly retryAfterMs?: number | undefined };

export interface RetryOptions<T> {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Looks at a result and says whether it is worth another try. Exceptions of `attempt` are passed on: expected failures are values. */
  readonly decide: (result: T) => RetryDecision;
  /** For the log and the metrics. */
  readonly onWait?: (wait: { attempt: number; delayMs: number; result: T }) => void;
}

/** Repeats `attempt` until `decide` is content or the policy is used up; the last result is returned in either case. */
export async function retry<T>(
  policy: RetryPolicy,
  options: RetryOptions<T>,
  attempt: (number: number) => Promise<T>,
): Promise<T> {
  const deadline = policy.budgetMs === undefined ? Number.POSITIVE_INFINITY : options.clock.now() + policy.budgetMs;
  for (let number = 1; ; number += 1) {
    const result = await attempt(number);
    const decision = options.decide(result);
    if (!decision.retry || number >= policy.attempts) return result;
    const delayMs = retryDelay(number, policy, decision.retryAfterMs);
    if (options.clock.now() + delayMs > deadline) return result;
    options.onWait?.({ attempt: number, delayMs, result });
    await options.clock.sleep(delayMs, options.signal);
  }
}
