import { setTimeout as sleep } from 'node:timers/promises';

/** Time as a port: logic that waits or stamps takes one, tests pass their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. Does not keep the process alive. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** What Node's timers hold, almost 25 days. A longer one fires at once, which makes a hot loop of a monthly task. */
export const maxTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    const options = { ref: false, ...(signal === undefined ? {} : { signal }) };
    let left = ms;
    for (; left > maxTimerMs; left -= maxTimerMs) await sleep(maxTimerMs, undefined, options);
    await sleep(left, undefined, options);
  },
};
