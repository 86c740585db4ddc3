import type { Clock } from '@kso/kit';

/** Waits for `work`, but no longer than `ms`: for shutdown, which must end also when Redis does not answer. Tells whether it settled. */
export async function settledWithin(work: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> {
  const stop = new AbortController();
  const settled = work.then(
    () => true,
    () => true,
  );
  const late = clock.sleep(ms, stop.signal).then(
    () => false,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    stop.abort();
  }
}
