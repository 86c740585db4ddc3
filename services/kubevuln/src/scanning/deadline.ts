/** The one time limit of a scan, for everything that is done in it. */
export interface Deadline {
  /** Aborts at the deadline or when the job is cancelled. */
  readonly signal: AbortSignal;
  /** True once the time is up; false when it was the job that ended. */
  readonly expired: boolean;
  remainingMs(): number;
  release(): void;
}

export function startDeadline(timeoutMs: number, jobSignal: AbortSignal, now: () => number): Deadline {
  const time = new AbortController();
  const end = now() + timeoutMs;
  const timer = setTimeout(() => {
    time.abort(new DOMException('the scan took too long', 'TimeoutError'));
  }, timeoutMs);
  return {
    signal: AbortSignal.any([time.signal, jobSignal]),
    get expired() {
      return time.signal.aborted && !jobSignal.aborted;
    },
    remainingMs: () => Math.max(1, end - now()),
    release: () => {
      clearTimeout(timer);
    },
  };
}
