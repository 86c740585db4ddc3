import type { Clock } from '@kso/kit';

/** Aborts its signal when nothing was fed to it for a while, or with the parent. */
export interface Watchdog {
  readonly signal: AbortSignal;
  readonly isSilent: boolean;
  feed(): void;
  stop(): void;
}

export function createWatchdog(clock: Clock, silenceMs: number, parent: AbortSignal): Watchdog {
  const silence = new AbortController();
  const stopped = new AbortController();
  let fedAt = clock.now();

  const run = async () => {
    for (let rest = silenceMs; rest > 0; rest = fedAt + silenceMs - clock.now()) {
      await clock.sleep(rest, AbortSignal.any([stopped.signal, parent]));
    }
    silence.abort(new Error(`nothing arrived for ${silenceMs / 1000} s`));
  };
  // Only sleep rejects, when the watchdog is stopped.
  run().catch(() => {});

  return {
    signal: AbortSignal.any([silence.signal, parent]),
    get isSilent() {
      return silence.signal.aborted;
    },
    feed: () => {
      fedAt = clock.now();
    },
    stop: () => stopped.abort(),
  };
}
