import type { Clock } from '@kso/kit';

/** A clock that stands still until it is told to move. */
export interface ManualClock extends Clock {
  /** Moves on and wakes who is due, in the order of their times; after each, what they do until they wait again is done first. */
  advance(ms: number): Promise<void>;
  /** Resolves when somebody sleeps that long or longer (any time by default). */
  sleeping(atLeastMs?: number): Promise<void>;
}

interface Sleeper {
  readonly until: number;
  readonly ms: number;
  wake(): void;
}

export function createManualClock(startMs = 1_000_000): ManualClock {
  let now = startMs;
  const sleepers = new Set<Sleeper>();
  const observers = new Set<() => void>();

  const settle = async () => {
    // Promise chains of a few steps run dry before the next macrotask.
    for (let turn = 0; turn < 3; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  };

  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(signal.reason as Error);
          return;
        }
        const leave = () => sleepers.delete(sleeper);
        const onAbort = () => {
          leave();
          reject(signal?.reason as Error);
        };
        const sleeper: Sleeper = {
          until: now + ms,
          ms,
          wake: () => {
            leave();
            signal?.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        sleepers.add(sleeper);
        for (const observer of observers) observer();
      }),
    advance: async (ms) => {
      const target = now + ms;
      await settle();
      for (;;) {
        const due = [...sleepers].filter(({ until }) => until <= target).sort((a, b) => a.until - b.until)[0];
        if (due === undefined) break;
        now = Math.max(now, due.until);
        due.wake();
        await settle();
      }
      now = target;
      await settle();
    },
    sleeping: (atLeastMs = 0) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (![...sleepers].some(({ ms }) => ms >= atLeastMs)) return;
          observers.delete(check);
          resolve();
        };
        observers.add(check);
        check();
      }),
  };
}
