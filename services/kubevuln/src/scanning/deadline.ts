/** The one time limit of a scan, for everything that is done in it. */
export interface Deadline {
  /** Aborts at the deadline or when the job is cancelled: for requests, which have no limit of their own. */
  readonly signal: AbortSignal;
  /**
   * Aborts a little later: for engines, which are given the remaining time as their own limit. They then still get to say in which
   * step it ran out.
   */
  readonly backstop: AbortSignal;
  /** True once the time is up; false when it was the job that ended. */
  readonly expired: boolean;
  remainingMs(): number;
  release(): void;
}

/** Enough for an engine's SIGTERM, SIGKILL and clean-up. */
const backstopMs = 5000;

export function startDeadline(timeoutMs: number, jobSignal: AbortSignal, now: () => number): Deadline {
  const exact = new AbortController();
  const late = new AbortController();
  const end = now() + timeoutMs;
  const abortAfter = (controller: AbortController, ms: number): NodeJS.Timeout =>
    setTimeout(() => {
      controller.abort(new DOMException('the scan took too long', 'TimeoutError'));
    }, ms);
  const timers = [abortAfter(exact, timeoutMs), abortAfter(late, timeoutMs + backstopMs)];
  return {
    signal: AbortSignal.any([exact.signal, jobSignal]),
    backstop: AbortSignal.any([late.signal, jobSignal]),
    get expired() {
      return exact.signal.aborted && !jobSignal.aborted;
    },
    remainingMs: () => Math.max(1, end - now()),
    release: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
