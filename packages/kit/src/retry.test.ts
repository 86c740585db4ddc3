import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from './clock.ts';
import { backoffDelay, parseRetryAfter, retry, retryDelay } from './retry.ts';

/** Time passes only by sleeping. */
function fakeClock(): Clock & { readonly slept: number[] } {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: (ms) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}

describe('backoff', () => {
  it('doubles up to the ceiling, times the random number', () => {
    const delays = [1, 2, 3, 4, 99].map((n) => backoffDelay(n, { baseMs: 100, maxMs: 500, random: () => 0.5 }));
    expect(delays).toEqual([50, 100, 200, 250, 250]);
  });
});

describe('B19 Retry-After', () => {
  const now = Date.parse('2026-11-30T12:00:00Z');

  it.each([
    ['0', 0],
    ['120', 120_000],
    ['86400', 86_400_000],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
    ['Mon, 30 Nov 2026 12:00:30 GMT', 30_000],
    ['soon', undefined],
    ['soon 5', undefined],
    ['-3', undefined],
    ['', undefined],
    [undefined, undefined],
    [null, undefined],
  ])('%s', (header, ms) => expect(parseRetryAfter(header, now)).toBe(ms));

  it('zero and past dates wait as long as the usual backoff, not nothing', () => {
    expect(retryDelay(1, { baseMs: 1000, maxMs: 60_000, random: () => 0 }, 0)).toBe(1000);
    expect(retryDelay(3, { baseMs: 1000, maxMs: 60_000, random: () => 0 }, 0)).toBe(4000);
  });

  it('a day is cut to the ceiling', () => {
    expect(retryDelay(1, { baseMs: 1000, maxMs: 60_000, random: () => 0.5 }, 86_400_000)).toBe(52_500);
  });

  it('stays between floor and ceiling and is never shorter than asked, unless the ceiling is', () => {
    const random = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(200_000), random, (attempt, asked, r) => {
        const delay = retryDelay(attempt, { baseMs: 500, maxMs: 60_000, random: () => r }, asked);
        expect(delay).toBeLessThanOrEqual(60_000);
        expect(delay).toBeGreaterThanOrEqual(Math.min(500, asked));
        expect(delay).toBeGreaterThanOrEqual(Math.min(asked, 45_000));
      }),
    );
  });
});

describe('retry', () => {
  const again = (result: number) => ({ retry: result !== 200 });
  const policy = { attempts: 5, baseMs: 100, maxMs: 1000, random: () => 0.5 };

  it('returns the first good result', async () => {
    const clock = fakeClock();
    const answers = [503, 503, 200];
    const result = await retry(policy, { clock, decide: again }, async (n) => answers[n - 1] ?? 0);
    expect([result, clock.slept]).toEqual([200, [50, 100]]);
  });

  it('returns the last result when the attempts are used up', async () => {
    const clock = fakeClock();
    expect(await retry(policy, { clock, decide: again }, async (n) => 500 + n)).toBe(505);
    expect(clock.slept).toHaveLength(4);
  });

  it('does not begin a wait that would exceed the budget', async () => {
    const clock = fakeClock();
    const decide = () => ({ retry: true, retryAfterMs: 700 }) as const;
    const result = await retry({ ...policy, budgetMs: 1500 }, { clock, decide }, async (n) => n);
    expect(result).toBe(2);
    expect(clock.now()).toBeLessThanOrEqual(1500);
  });

  it('tells of each wait and passes exceptions on', async () => {
    const waits: unknown[] = [];
    const options = { clock: fakeClock(), decide: again, onWait: (wait: unknown) => waits.push(wait) };
    const attempt = async (n: number): Promise<number> => {
      if (n === 2) throw new Error('bug');
      return 503;
    };
    await expect(retry(policy, options, attempt)).rejects.toThrow('bug');
    expect(waits).toEqual([{ attempt: 1, delayMs: 50, result: 503 }]);
  });
});
