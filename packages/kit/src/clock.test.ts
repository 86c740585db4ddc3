import { expect, it } from 'vitest';
import { systemClock } from './clock.ts';

it('a sleep of months is not over at once, and can be interrupted', async () => {
  const interrupt = new AbortController();
  let over = false;
  const month = systemClock.sleep(31 * 86_400_000, interrupt.signal);
  void month.then(
    () => (over = true),
    () => undefined,
  );
  await systemClock.sleep(20);
  expect(over).toBe(false);
  interrupt.abort();
  await expect(month).rejects.toThrow('aborted');
});
