import type { Service } from '@kso/kit';
import { expect, test } from 'vitest';
import { defaultPorts } from './listeners.ts';
import { createStack } from './stack.ts';

function service(name: string, told: string[], failing?: 'start' | 'stop'): Service {
  const act = (what: 'start' | 'stop') => (): Promise<void> => {
    told.push(`${what} ${name}`);
    return failing === what ? Promise.reject(new Error(`${name} does not ${what}`)) : Promise.resolve();
  };
  return { name, start: act('start'), stop: act('stop') };
}

test('unwinds in the opposite order, whatever fails', async () => {
  const told: string[] = [];
  const stack = createStack(defaultPorts);
  await stack.start(service('a', told));
  stack.onUnwind(() => void told.push('close b'));
  await stack.start(service('c', told, 'stop'));
  expect(stack.services.map(({ name }) => name)).toEqual(['a', 'c']);
  await expect(stack.unwind()).rejects.toThrow('1 parts did not stop cleanly');
  expect(told).toEqual(['start a', 'start c', 'stop c', 'close b', 'stop a']);
  await stack.unwind();
  expect(told).toHaveLength(5);
});

test('what failed half-way is stopped too', async () => {
  const told: string[] = [];
  const stack = createStack(defaultPorts);
  await expect(stack.start(service('a', told, 'start'))).rejects.toThrow('a does not start');
  expect(stack.services).toEqual([]);
  await stack.unwind();
  expect(told).toEqual(['start a', 'stop a']);
});
