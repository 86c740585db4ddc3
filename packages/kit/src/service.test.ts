import { expect, it } from 'vitest';
import { composeServices, type Service } from './service.ts';

function recorded(name: string, log: string[], behaviour: { start?: Error; stop?: Error } = {}): Service {
  const step = (what: string, error: Error | undefined): Promise<void> => {
    log.push(`${what} ${name}`);
    return error === undefined ? Promise.resolve() : Promise.reject(error);
  };
  return {
    name,
    start: () => step('start', behaviour.start),
    stop: () => step('stop', behaviour.stop),
    notReady: () => (name === 'b' ? 'waiting' : undefined),
  };
}

it('starts in order and stops in the opposite one, once', async () => {
  const log: string[] = [];
  const all = composeServices('all', [recorded('a', log), recorded('b', log)]);
  await all.start();
  expect(all.notReady?.()).toBe('b: waiting');
  await all.stop();
  await all.stop();
  expect(log).toEqual(['start a', 'start b', 'stop b', 'stop a']);
});

it('a start that fails stops what had started, itself included', async () => {
  const log: string[] = [];
  const broken = recorded('b', log, { start: new Error('no port'), stop: new Error('also this') });
  const all = composeServices('all', [recorded('a', log), broken, recorded('c', log)]);
  await expect(all.start()).rejects.toThrow('no port');
  expect(log).toEqual(['start a', 'start b', 'stop b', 'stop a']);
});

it('one that does not stop cleanly does not keep the others from it', async () => {
  const log: string[] = [];
  const all = composeServices('all', [recorded('a', log), recorded('b', log, { stop: new Error('stuck') })]);
  await all.start();
  await expect(all.stop()).rejects.toThrow(AggregateError);
  expect(log.at(-1)).toBe('stop a');
});
