import { createLogger, systemClock } from '@kso/kit';
import { expect, it } from 'vitest';
import type { Readiness } from './prerequisites.ts';
import { createPrerequisiteWatcher } from './watcher.ts';

const lacking: Readiness = { state: 'lacking', reason: 'no engine' };
const waiting: Readiness = { state: 'waiting', reason: 'soon' };

function watch(answers: readonly Readiness[], onChange: (now: Readiness) => Promise<void>) {
  const left = [...answers];
  return createPrerequisiteWatcher({
    clock: systemClock,
    logger: createLogger({ service: 'test', level: 'silent' }),
    look: () => Promise.resolve(left.shift() ?? lacking),
    expected: { engines: false, database: false },
    everyMs: 60_000,
    onChange,
  });
}

it('tells each change once', async () => {
  const told: string[] = [];
  const watcher = watch([waiting, waiting, lacking], ({ state }) => Promise.resolve(void told.push(state)));
  for (const _ of [1, 2, 3, 4]) await watcher.check();
  expect(told).toEqual(['waiting', 'lacking']);
});

it('tells a change again that could not be told', async () => {
  let tries = 0;
  const watcher = watch([lacking, lacking, lacking], () => {
    tries += 1;
    return tries === 1 ? Promise.reject(new Error('the queue is away')) : Promise.resolve();
  });
  await expect(watcher.check()).rejects.toThrow('the queue is away');
  expect(watcher.current).toBe(lacking);
  await watcher.check();
  await watcher.check();
  expect(tries).toBe(2);
});
