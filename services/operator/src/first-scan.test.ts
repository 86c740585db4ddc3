import { createInProcessQueue, type JobQueue } from '@kso/queue';
import { postureScanKind } from '@kso/wire';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { patiently, type TestOperator, testOperator } from './testing/test-operator.ts';

const opened: TestOperator[] = [];
afterEach(async () => {
  for (const { operator } of opened.splice(0)) await operator.stop();
});

async function start(queue: JobQueue, firstScan: boolean): Promise<TestOperator> {
  const operator = testOperator({ queue, config: { firstScan } });
  opened.push(operator);
  await operator.operator.start();
  return operator;
}

/** One that outlives the operators. */
function emptyQueue(): JobQueue {
  const { logger, metrics, tracer, clock } = testOperator().ports;
  const queue = createInProcessQueue({ file: ':memory:' }, { logger, metrics, tracer, clock });
  onTestFinished(() => queue.close());
  return queue;
}

const scans = (queue: JobQueue) => queue.list({ kind: postureScanKind, limit: 10 });

it('asks for a scan of the configuration where none is known, once', async () => {
  const queue = emptyQueue();
  const first = await start(queue, true);
  await expect.poll(async () => (await scans(queue)).length, patiently).toBe(1);
  await first.operator.stop();
  const second = await start(queue, true);
  // The command is the sign that the operator has got so far.
  await second.post({ commands: [{ commandName: 'kubescapeScan', args: { scanV1: {} } }] });
  await expect.poll(async () => (await scans(queue)).length, patiently).toBe(2);
  await second.operator.stop();
  expect(await scans(queue)).toHaveLength(2);
});

it('asks again as long as the queue does not answer', async () => {
  const queue = emptyQueue();
  let failures = 2;
  const flaky: JobQueue = {
    ...bound(queue),
    listParents: (filter) => {
      failures -= 1;
      return failures >= 0 ? Promise.reject(new Error('away')) : queue.listParents(filter);
    },
  };
  await start(flaky, true);
  await expect.poll(async () => (await scans(queue)).length, patiently).toBe(1);
});

it('asks for nothing unless it is told to', async () => {
  const queue = emptyQueue();
  const { post } = await start(queue, false);
  await post({ commands: [{ commandName: 'kubescapeScan', args: { scanV1: {} } }] });
  await expect.poll(async () => (await scans(queue)).length, patiently).toBe(1);
});

/** The queue with its methods as own members, whatever it is made of. */
function bound(queue: JobQueue): JobQueue {
  return {
    add: (job) => queue.add(job),
    openParent: (id, data) => queue.openParent(id, data),
    addChild: (id, job) => queue.addChild(id, job),
    sealParent: (id, note) => queue.sealParent(id, note),
    getParent: (id) => queue.getParent(id),
    listParents: (filter) => queue.listParents(filter),
    onChildEnd: (handler) => queue.onChildEnd(handler),
    work: (kind, options, handler) => queue.work(kind, options, handler),
    get: (key) => queue.get(key),
    getByJobId: (id) => queue.getByJobId(id),
    list: (filter) => queue.list(filter),
    cancel: (key) => queue.cancel(key),
    cancelParent: (parentId) => queue.cancelParent(parentId),
    counts: (kind) => queue.counts(kind),
    notReady: () => queue.notReady(),
    close: () => queue.close(),
  };
}
