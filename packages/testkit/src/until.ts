import { setTimeout as sleep } from 'node:timers/promises';
import { fail } from './errors.ts';

export interface UntilOptions {
  /** Milliseconds; default 30,000. */
  readonly within?: number;
  /** Milliseconds between two looks; default 50. */
  readonly every?: number;
}

/**
 * Looks until there is an answer: for parts that have no event to wait for. `what` says in a failure what was waited for.
 * An exception of `look` counts as "not yet" and is told as the reason in the end.
 * @throws NOT_IN_TIME
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  { within = 30_000, every = 50 }: UntilOptions = {},
): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    let cause: unknown;
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      cause = error;
    }
    if (Date.now() >= deadline) {
      const reason = cause instanceof Error ? `: ${cause.message}` : '';
      throw fail('NOT_IN_TIME', { what, seconds: within / 1000, reason }, cause);
    }
    await sleep(every);
  }
}
