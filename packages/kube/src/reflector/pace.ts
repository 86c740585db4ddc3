import { type Clock, retryDelay } from '@kso/kit';
import type { ReflectorSettings } from './settings.ts';

/** How fast a reflector comes back. Failures add up until something was healthy for a while (B34). */
export interface Pace {
  /** After a failure: doubled each time, with full jitter; the server's `Retry-After` is heard within limits. */
  pause(retryAfterMs?: number): Promise<void>;
  /** At once the first time, then as `pause`. */
  pauseIfRepeated(): Promise<void>;
  /** For what will not change soon: half to one and a half times the slow interval, so that kinds do not come back together. */
  slow(): Promise<void>;
  healthy(): void;
}

export function createPace(
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  settings: ReflectorSettings,
  signal: AbortSignal,
): Pace {
  let failures = 0;
  const pause = async (retryAfterMs?: number) => {
    failures += 1;
    await clock.sleep(retryDelay(failures, { ...settings.backoff, random }, retryAfterMs), signal);
  };
  return {
    pause,
    pauseIfRepeated: async () => {
      if (failures > 0) await pause();
      else failures += 1;
    },
    slow: () => clock.sleep(Math.round(settings.slowRetryMs * (0.5 + random())), signal),
    healthy: () => {
      failures = 0;
    },
  };
}
