import type { GetResult } from '@kso/kube';
import { createManualClock } from '@kso/kube/testing';
import { expect, it, onTestFinished } from 'vitest';
import { createMicroservices } from './microservices.ts';
import { packText } from './packed-text.ts';
import { createPendingChanges } from './pending-changes.ts';
import type { WorkloadOwner } from './workload-owner.ts';

const minute = 60_000;
const owner: WorkloadOwner = {
  kind: 'Rollout',
  name: 'web',
  specHash: 'one',
  place: { kind: { group: 'argoproj.io', kind: 'Rollout' }, uid: 'u1' },
};
const there = (uid: string): GetResult => ({
  outcome: 'found',
  object: { apiVersion: 'argoproj.io/v1', kind: 'Rollout', metadata: { name: 'web', uid } },
});
const forbidden: GetResult = { outcome: 'forbidden', detail: 'no' };

/** `answers` for the looks at the owner, in order; then the last one again. An error stands for a server that does not answer. */
function start(...answers: (GetResult | Error)[]) {
  const clock = createManualClock();
  const pending = createPendingChanges(() => 0);
  pending.begin();
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  let looks = 0;
  const microservices = createMicroservices({
    clock,
    pending,
    signal: stop.signal,
    inTurn: (action) => action(),
    nextId: () => 7,
    reader: {
      get: async () => {
        const answer = answers[Math.min(looks, answers.length - 1)];
        looks += 1;
        if (answer === undefined) throw new TypeError('the test gave no answer');
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
  });
  const enter = (specHash = 'one') => microservices.enter('shop', { ...owner, specHash }, packText('{"kind":"Pod"}'));
  return { clock, pending, microservices, enter };
}

it.each<[string, GetResult, number]>([
  ['is kept while its owner is there', there('u1'), 1],
  ['goes with its owner', { outcome: 'notFound', detail: '' }, 0],
  ['goes when another owner has the name', there('u2'), 0],
  ['is kept when nobody can tell', forbidden, 1],
])('a microservice without pods %s', async (_name, answer, left) => {
  const { clock, microservices, enter } = start(answer);
  microservices.leave(enter());
  await clock.advance(0);
  expect(microservices.size).toBe(left);
});

it('is looked for again, and goes when its owner does', async () => {
  const { clock, microservices, pending, enter } = start(there('u1'), new Error('away'), {
    outcome: 'notFound',
    detail: '',
  });
  microservices.leave(enter());
  pending.take();
  await clock.advance(2 * minute - 1);
  expect(microservices.size).toBe(1);
  await clock.advance(1);
  expect(pending.take()).toMatchObject([{ section: 'microservice', operation: 'delete' }]);
});

it('is forgotten after an hour when its owner may not be read, so that nothing grows for ever', async () => {
  const { clock, microservices, enter } = start(forbidden);
  microservices.leave(enter());
  await clock.advance(59 * minute);
  expect(microservices.size).toBe(1);
  await clock.advance(minute);
  expect(microservices.size).toBe(0);
});

it('stays when its pods come back', async () => {
  const { clock, microservices, enter } = start(there('u1'), { outcome: 'notFound', detail: '' });
  microservices.leave(enter());
  await clock.advance(0);
  const again = enter();
  await clock.advance(10 * minute);
  expect([...microservices.all()]).toEqual([again]);
  expect(JSON.parse(again.text())).toEqual({
    kind: 'Pod',
    uptreeOwner: { name: 'web', kind: 'Rollout' },
    podSpecId: 7,
  });
});

it('goes when its owner has pods of another spec: it was rolled over', async () => {
  const { clock, microservices, pending, enter } = start(there('u1'));
  const [old, next] = [enter('one'), enter('two')];
  pending.take();
  microservices.leave(old);
  expect([...microservices.all()]).toEqual([next]);
  expect(pending.take()).toMatchObject([{ section: 'microservice', operation: 'delete' }]);

  // Scaled to zero, and released anew later.
  microservices.leave(next);
  await clock.advance(10 * minute);
  expect([...microservices.all()]).toEqual([next]);
  const last = enter('three');
  await clock.advance(minute);
  expect([...microservices.all()]).toEqual([last]);
  expect(pending.take()).toMatchObject([{ operation: 'create' }, { operation: 'delete' }]);
});
