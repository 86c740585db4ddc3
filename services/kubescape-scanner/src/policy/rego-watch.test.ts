import type { RegoControl } from '@kso/engines';
import { createLogger } from '@kso/kit';
import type { Degradation } from '@kso/wire';
import { expect, it, onTestFinished } from 'vitest';
import type { RegoPolicies } from '../scan/rego-policies.ts';
import { noPolicy } from './policy-documents.ts';
import type { ServiceRego } from './rego-of-service.ts';
import { createRegoWatch } from './rego-watch.ts';

const control = (id: string, text: string): RegoControl => ({
  info: { id, name: id, baseScore: 5, category: undefined, scopes: ['cluster'], description: '', remediation: '' },
  rules: [
    {
      name: id,
      text,
      enumerator: undefined,
      match: [],
      dynamicMatch: [],
      inputs: [],
      aggregator: undefined,
      requiresWholeInput: false,
    },
  ],
  fixedInput: {},
  requiresReview: false,
});

function policies(texts: Readonly<Record<string, string>>, problems: readonly Degradation[] = []): RegoPolicies {
  const controls = new Map(Object.entries(texts).map(([id, text]) => [id, control(id, text)]));
  const catalogue = { controls: [...controls.values()].map(({ info }) => info), frameworks: [] };
  return {
    added: catalogue,
    catalogue,
    everything: catalogue,
    always: [],
    controls,
    inputs: {},
    documents: noPolicy,
    problems,
  };
}

type Reading = RegoPolicies | Error;

/** A watch whose next reading happens when the test says so, and what it told. */
async function watching(first: Reading) {
  let next: Reading = first;
  let print = 0;
  let wake: (() => void) | undefined;
  let asleep = Promise.withResolvers<void>();
  const told: ServiceRego[] = [];
  const current: boolean[] = [];
  const watch = createRegoWatch({
    read: async () => {
      if (next instanceof Error) throw next;
      return next;
    },
    check: async ({ rules }) => (rules[0]?.text.includes('wrong') === true ? 'it does not compile' : undefined),
    fingerprint: async () => String(print),
    clock: {
      now: () => 0,
      sleep: (_ms, signal) =>
        new Promise((resolve, reject) => {
          wake = resolve;
          signal?.addEventListener('abort', () => reject(new Error('stopped')));
          asleep.resolve();
        }),
    },
    logger: createLogger({ service: 'test', level: 'silent' }),
    everyMs: 1000,
    onRego: (rego) => told.push(rego),
    onCurrent: (is) => current.push(is),
  });
  onTestFinished(() => watch.stop());
  await watch.start();
  const read = async (reading: Reading, isOther = true): Promise<void> => {
    await asleep.promise;
    next = reading;
    if (isOther) print += 1;
    asleep = Promise.withResolvers();
    wake?.();
    await asleep.promise;
  };
  const last = () => ({
    texts: Object.fromEntries(
      [...(told.at(-1)?.policies?.controls ?? [])].map(([id, { rules }]) => [id, rules[0]?.text]),
    ),
    problems: told.at(-1)?.problems,
  });
  return { read, told, current, last };
}

it('tells of what was read, and of what has changed since', async () => {
  const { read, told, last } = await watching(policies({ a: '1' }));
  expect(last()).toEqual({ texts: { a: '1' }, problems: [] });
  await read(policies({ a: '1' }));
  expect(told).toHaveLength(1);
  await read(policies({ a: '2' }));
  expect(last()).toEqual({ texts: { a: '2' }, problems: [] });
  expect(told[1]?.version).not.toBe(told[0]?.version);
});

it('reads only where something has changed', async () => {
  const { read, told } = await watching(policies({ a: '1' }));
  await read(policies({ a: '2' }), false);
  expect(told).toHaveLength(1);
});

it('reads what could not be read again, changed or not', async () => {
  const { read, last, current } = await watching(new Error('too many open files'));
  await read(policies({ a: '1' }), false);
  expect(last()).toEqual({ texts: { a: '1' }, problems: [] });
  expect(current).toEqual([false, true]);
});

it.each([
  ['that cannot be read', new Error('no such folder')],
  ['with a file that is cut off', policies({}, [{ component: 'file nsa.json', reason: 'it is not JSON' }])],
])('a version %s does not take the place of a good one, which goes on with what is wrong', async (_what, broken) => {
  const { read, told, current, last } = await watching(policies({ a: '1' }));
  await read(broken);
  expect(last()).toEqual({
    texts: { a: '1' },
    problems: [
      {
        component: 'policies in Rego',
        reason: expect.stringMatching(
          /^(no such folder|file nsa.json: it is not JSON); the version read at 1970-01-01T00:00:00.000Z counts$/,
        ),
      },
    ],
  });
  expect(told[1]?.version).toBe(told[0]?.version);
  expect(current).toEqual([true, false]);
  await read(policies({ a: '2' }));
  expect(last()).toEqual({ texts: { a: '2' }, problems: [] });
  expect(current).toEqual([true, false, true]);
});

it('new rules of a control that do not compile leave the former, and touch no other control', async () => {
  const { read, current, last } = await watching(policies({ a: '1', b: '1' }));
  await read(policies({ a: 'wrong', b: '2', c: 'wrong' }));
  // A control that was not there has no former rules: its evaluation says what is wrong.
  expect(last().texts).toEqual({ a: '1', b: '2', c: 'wrong' });
  expect(last().problems).toEqual([
    { component: 'control a', reason: 'it does not compile; its rules of before count' },
  ]);
  expect(current).toEqual([true, false]);
});

it('a first version that cannot be read is told of, and mended later', async () => {
  const { read, told, current, last } = await watching(new Error('no such folder'));
  expect(last()).toEqual({ texts: {}, problems: [{ component: 'policies in Rego', reason: 'no such folder' }] });
  await read(policies({ a: '1' }));
  expect(last()).toEqual({ texts: { a: '1' }, problems: [] });
  expect([told.length, current]).toEqual([2, [false, true]]);
});
