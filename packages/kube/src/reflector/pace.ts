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
  /**
   * For what we may not do: a few times as `pause`, since an API server that has just started knows no rights yet, then as `slow`.
   * Answers which one it was.
   */
  forbidden(): Promise<'soon' | 'later'>;
  /** We may. */
  allowed(): void;
  healthy(): void;
}

/** Together some seconds, and far fewer than the failures after which a watch is given up for a list. */
const triesWhileForbidden = 4;

export function createPace(
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  settings: ReflectorSettings,
  signal: AbortSignal,
): Pace {
  let failures = 0;
  let refusals = 0;
  const slow = () => clock.sleep(Math.round(settings.slowRetryMs * (0.5 + random())), signal);
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
    slow,
    forbidden: async () => {
      refusals += 1;
      const isYoung = refusals <= triesWhileForbidden;
      await (isYoung ? pause() : slow());
      return isYoung ? 'soon' : 'later';
    },
    allowed: () => {
      refusals = 0;
    },
    healthy: () => {
      failures = 0;
    },
  };
}
