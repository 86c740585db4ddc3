import { errorFactory, systemClock } from '@kso/kit';
import { kubeErrors } from '@kso/kube';
import type { JobQueue } from '@kso/queue';
import { afterEach, describe, expect, it } from 'vitest';
import {
  patiently,
  podsOf,
  runningPod,
  type TestOperator,
  type TestOptions,
  testOperator,
} from './testing/test-operator.ts';

const kubeFail = errorFactory(kubeErrors);

const opened: TestOperator[] = [];
afterEach(async () => {
  for (const operator of opened.splice(0)) await operator.stop();
});

async function start(options: TestOptions = {}): Promise<TestOperator> {
  const operator = testOperator(options);
  opened.push(operator);
  await operator.operator.start();
  return operator;
}

const scan = (jobID: string, more: object = {}) => ({
  commandName: 'scan',
  jobTracking: { jobID },
  wildWlid: 'wlid://cluster-prod',
  ...more,
});
const pods = () => podsOf([runningPod({ name: 'api-1', top: 'Deployment/api' })]);
/** Waits are over at once. */
const impatient = { ...systemClock, sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(5, signal) };
const jobOf = (operator: TestOperator, id: string) => () =>
  operator.get<{ state: string; failure?: { code: string; message: string } }>(`/v1/jobs/${id}`);

describe('a selector that no API server understands', () => {
  it.each([
    [{ labels: { 'a b': 'x' } }, 'args.labels names no label'],
    [{ labels: { app: '!!' } }, 'args.labels names no label'],
    [{ fieldSelector: { nope: 'x' } }, 'args.fieldSelector: pods can be selected by metadata.name'],
    [{ fieldSelector: { 'spec.nodeName': 'a,b' } }, 'args.fieldSelector: pods can be selected by metadata.name'],
  ])('%j is refused', async (args, problem) => {
    const operator = await start({ ports: { pods: pods() } });
    await operator.post({ commands: [scan('wrong', { args })] });
    await expect.poll(jobOf(operator, 'wrong'), patiently).toMatchObject({
      state: 'failed',
      failure: { code: 'SCOPE_INVALID', message: expect.stringContaining(problem) },
    });
  });

  it('ends the command with what the server says', async () => {
    const refused = kubeFail('KUBE_API', {
      method: 'LIST',
      path: '/api/v1/pods',
      status: 400,
      detail: 'unknown field',
    });
    const operator = await start({ ports: { pods: podsOf([], { '*': refused }), clock: impatient } });
    await operator.post({ commands: [scan('refused')] });
    await expect
      .poll(jobOf(operator, 'refused'), patiently)
      .toMatchObject({ state: 'failed', failure: { message: expect.stringContaining('unknown field') } });
  });
});

it('a command that waits for the API server keeps no other from being carried out', async () => {
  const away = kubeFail('KUBE_UNREACHABLE', { server: 'https://away' });
  const operator = await start({ ports: { pods: podsOf([], { '*': away }) }, config: { workerConcurrency: 2 } });
  await operator.post({ commands: ['a', 'b', 'c'].map((id) => scan(id)) });
  await operator.post({ commands: [{ commandName: 'kubescapeScan', jobTracking: { jobID: 'posture' } }] });
  await expect.poll(async () => (await operator.queue.getParent('posture'))?.sealed, patiently).toBe(true);
  expect(await operator.get('/v1/jobs/a')).toMatchObject({ state: 'running' });
});

it('takes no more commands than it may hold, however many bodies come at once', async () => {
  const operator = await start({ config: { capacity: 10, workerConcurrency: 1 } });
  const writing = Promise.withResolvers<void>();
  const { openParent } = operator.queue;
  operator.queue.openParent = async (...given) => {
    await writing.promise;
    return openParent.apply(operator.queue, given);
  };
  const body = { commands: Array.from({ length: 4 }, () => scan('')) };
  const answers = Array.from({ length: 5 }, () => operator.post(body));
  // Those that are refused are told at once.
  expect((await Promise.race(answers)).status).toBe(503);
  writing.resolve();
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 200, 503, 503, 503]);
  expect(await operator.queue.listParents({ limit: 100 })).toHaveLength(8);
});

it('what one operator leaves when it ends is taken up by another that runs', async () => {
  const never = podsOf([]);
  const first = testOperator({
    ports: { pods: { ...never, list: () => brokenOff } },
    config: { workerConcurrency: 1 },
  });
  // Half a minute later for the other one.
  const clock = { ...impatient, now: () => systemClock.now() + 31_000 };
  const second = await start({ ports: { pods: pods(), clock }, queue: withoutEnds(first.queue) });
  await first.operator.start();
  await first.post({ commands: ['a', 'b'].map((id) => scan(id)) });
  await first.operator.stop();
  for (const id of ['a', 'b'])
    await expect.poll(async () => (await first.queue.getParent(id))?.sealed, patiently).toBe(true);
  expect((await first.queue.getParent('b'))?.total).toBe(1);
  await second.operator.stop();
});

it('tells of the ends of commands again when what was not delivered is gone with its volume, and once where it is not', async () => {
  const first = testOperator({ ports: { pods: podsOf([]) } });
  await first.operator.start();
  await first.post({ commands: [scan('done')] });
  await expect.poll(async () => (await first.queue.getParent('done'))?.completedAt, patiently).toBeDefined();
  await first.operator.stop();
  const told = first.reports().at(-1);
  expect(told).toMatchObject({ jobID: 'done', status: 'success' });
  const again = await start({ ports: { pods: podsOf([]) }, queue: withoutEnds(first.queue) });
  await expect.poll(() => again.store.outbox.stats().queued, patiently).toBe(1);
  const [retold] = again.reports();
  expect(retold).toMatchObject({ jobID: 'done', status: 'success', numSeq: told?.['numSeq'] });
  const same = await start({ ports: { pods: podsOf([]) }, queue: withoutEnds(first.queue), store: again.store });
  await same.post({ commands: [scan('next')] });
  await expect.poll(async () => (await first.queue.getParent('next'))?.completedAt, patiently).toBeDefined();
  expect(same.reports().filter(({ jobID }) => jobID === 'done')).toEqual([]);
});

/** A list that breaks off after a while. */
const brokenOff: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({
    next: () => new Promise((_resolve, reject) => setTimeout(() => reject(new Error('broken off')), 200)),
  }),
};

/** The queue of another operator, whose ends of jobs that one hears. */
function withoutEnds(queue: JobQueue): JobQueue {
  return new Proxy(queue, {
    get: (target, name) => {
      if (name === 'onChildEnd') return () => () => Promise.resolve();
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
