import { fail } from '../errors.ts';
import type { Progress } from '../output/progress.ts';

export interface StuckWatchOptions {
  /** Why nothing can go on at present, or undefined. */
  readonly stuck: () => string | undefined;
  readonly progress: Progress;
  /** After this time without a way on the wait is given up; undefined waits for as long as it takes. */
  readonly giveUpAfterMs?: number | undefined;
  readonly lookEveryMs?: number;
}

export interface StuckWatch {
  /** Aborts with SCAN_FAILED when it is given up. */
  readonly signal: AbortSignal;
  stop(): void;
}

/** Says on the screen when the suite cannot go on: a wait without a word looks like a scan that takes long. */
export function watchForStuck({ stuck, progress, giveUpAfterMs, lookEveryMs = 1000 }: StuckWatchOptions): StuckWatch {
  const given = new AbortController();
  let since: number | undefined;
  const timer = setInterval(() => {
    const reason = stuck();
    if (reason === undefined) {
      if (since !== undefined) progress.note('It goes on.');
      since = undefined;
      return;
    }
    if (since === undefined) progress.note(`Nothing can go on: ${reason}`);
    since ??= performance.now();
    if (giveUpAfterMs !== undefined && performance.now() - since >= giveUpAfterMs)
      given.abort(fail('SCAN_FAILED', { reason }));
  }, lookEveryMs);
  return { signal: given.signal, stop: () => clearInterval(timer) };
}
