import { systemClock } from '@kso/kit';
import { createMemoryStore, type OutboxEntry } from '@kso/store';
import { afterEach, expect, it } from 'vitest';
import {
  patiently,
  podsOf,
  runningPod,
  type TestOperator,
  type TestOptions,
  testOperator,
  workOn,
} from './testing/test-operator.ts';

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

const wlid = 'wlid://cluster-prod/namespace-payments/deployment-api';
const pods = podsOf([runningPod({ name: 'api-1', top: 'Deployment/api', images: { app: 'api:1', proxy: 'envoy:2' } })]);
const complete = (operator: TestOperator, id = 'J') =>
  expect.poll(async () => (await operator.queue.getParent(id))?.completedAt, patiently).toBeDefined();

function steps(operator: TestOperator): Record<string, (string | undefined)[][]> {
  const byJob: Record<string, (string | undefined)[][]> = {};
  for (const report of operator.reports()) {
    const { jobID, numSeq, status, details, errors } = report as {
      jobID: string;
      numSeq: number;
      status: string;
      details?: string;
      errors?: string[];
    };
    (byJob[jobID] ??= []).push([String(numSeq), status, details ?? errors?.join('; ')]);
  }
  return byJob;
}

it('reports the steps of a posture scan, numbered from the one of the sender', async () => {
  const operator = await start();
  workOn(operator.queue);
  const tracking = { jobID: 'J', parentAction: 'P', numSeq: 2 };
  await operator.post({ commands: [{ commandName: 'kubescapeScan', jobTracking: tracking, args: { scanV1: {} } }] });
  await complete(operator);
  const reports = operator.reports();
  const scanId = (await operator.queue.list({ limit: 1 }))[0]?.jobId;
  expect(reports[0]).toEqual({
    customerGUID: '1111-aaaa',
    reporter: 'Websocket',
    target: 'scanV1',
    status: 'started',
    action: 'kubescapeScan',
    actionID: '3',
    numSeq: 3,
    jobID: 'J',
    parentAction: 'P',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  });
  expect(reports.map(({ numSeq, status, details }) => [numSeq, status, details])).toEqual([
    [3, 'started', undefined],
    [4, 'started', 'Handling single request'],
    [5, 'started', `triggered successfully, scan ID: '${scanId}'`],
    [6, 'done', undefined],
  ]);
});

it('reports a failed scan with its reason', async () => {
  const operator = await start();
  workOn(operator.queue, {
    posture: async () => {
      throw new Error('no rights');
    },
  });
  const command = { commandName: 'kubescapeScan', jobTracking: { jobID: 'J' }, args: { scanV1: {} } };
  await operator.post({ commands: [command] });
  await expect.poll(async () => (await operator.queue.counts('posture-scan')).delayed, patiently).toBe(1);
  const [job] = await operator.queue.list({ limit: 1 });
  await operator.queue.cancel(job?.key ?? '');
  await complete(operator);
  expect(steps(operator)['J']?.at(-1)).toEqual([
    '4',
    'failure',
    'Action: kubescapeScan, Error: 0 failed, 1 cancelled, 0 expired, 0 succeeded',
  ]);
});

it('reports a scoped scan and each of its jobs below it', async () => {
  const operator = await start({ ports: { pods } });
  workOn(operator.queue, {
    image: async (job) =>
      job.payload['containerName'] === 'proxy'
        ? { image: 'x', findings: 0, bySeverity: {}, packages: 0, notEvaluated: { reason: 'pull', detail: 'denied' } }
        : null,
  });
  const command = {
    commandName: 'scan',
    jobTracking: { jobID: 'J' },
    designators: [{ attributes: { namespace: 'payments' } }],
  };
  await operator.post({ commands: [command] });
  await complete(operator);
  const jobs = await operator.queue.list({ kind: 'image-scan', limit: 10 });
  const idOf = (container: string) => jobs.find(({ payload }) => payload['containerName'] === container)?.jobId ?? '';
  expect(steps(operator)).toEqual({
    J: [
      ['1', 'started', undefined],
      ['2', 'started', 'namespaces payments'],
      ['3', 'started', '2 image scans of 1 pods'],
      ['4', 'success', undefined],
    ],
    [idOf('app')]: [
      ['1', 'started', undefined],
      ['2', 'started', 'Handling single request'],
      ['3', 'done', undefined],
    ],
    [idOf('proxy')]: [
      ['1', 'started', undefined],
      ['2', 'started', 'Handling single request'],
      ['3', 'failure', 'Action: scan, Error: not evaluated: pull: denied'],
    ],
  });
});

it('reports jobs of a command below that command, also those that another command had begun', async () => {
  const operator = await start({ ports: { pods } });
  const scoped = (jobID: string) => ({ commandName: 'scan', jobTracking: { jobID }, wildWlid: 'wlid://cluster-prod' });
  await operator.post({ commands: [scoped('A'), scoped('B')] });
  await expect.poll(async () => (await operator.queue.getParent('B'))?.sealed, patiently).toBe(true);
  await expect.poll(async () => (await operator.queue.getParent('A'))?.sealed, patiently).toBe(true);
  workOn(operator.queue);
  await complete(operator, 'A');
  await complete(operator, 'B');
  const ends = operator.reports().filter(({ status }) => status === 'done');
  expect(ends.map(({ parentAction }) => String(parentAction)).sort()).toEqual(['A', 'A', 'B', 'B']);
  expect(new Set(ends.map(({ jobID }) => jobID)).size).toBe(4);
  // Two containers, each scanned once for both.
  expect(await operator.queue.list({ kind: 'image-scan', limit: 10 })).toHaveLength(2);
});

it('reports a single workload in its own steps, and a command that cannot be carried out', async () => {
  const operator = await start({ ports: { pods } });
  workOn(operator.queue);
  await operator.post({
    commands: [
      { commandName: 'scan', jobTracking: { jobID: 'J' }, wlid },
      { commandName: 'scan', jobTracking: { jobID: 'K' }, args: { labels: {} } },
    ],
  });
  await complete(operator, 'J');
  await complete(operator, 'K');
  const all = steps(operator);
  expect(all['J']?.map(([sequence, status]) => [sequence, status])).toEqual([
    ['1', 'started'],
    ['2', 'started'],
    ['3', 'started'],
    ['4', 'done'],
  ]);
  expect(all['K']?.at(-1)).toEqual([
    '3',
    'failure',
    'Action: scan, Error: the command does not say what to scan: it has neither a wlid nor designators',
  ]);
  expect(Object.keys(all)).toEqual(['J', 'K']);
});

it('tells each end once although the outbox is full for a while', async () => {
  const store = createMemoryStore({ clock: systemClock });
  let full = true;
  const outbox = {
    put: (entries: readonly OutboxEntry[]) => {
      if (full && entries.some(({ body }) => body.includes('"done"'))) throw new Error('no room');
      store.outbox.put(entries);
    },
  };
  const operator = await start({ store, ports: { pods, reports: { outbox, transaction: store.transaction } } });
  workOn(operator.queue);
  await operator.post({ commands: [{ commandName: 'scan', jobTracking: { jobID: 'J' }, wlid }] });
  await expect.poll(() => operator.log.join(''), patiently).toContain('will be announced again');
  full = false;
  await complete(operator);
  expect(steps(operator)['J']?.filter(([, status]) => status === 'done')).toHaveLength(1);
});

it('writes no reports when that is switched off', async () => {
  const operator = await start({ config: { reports: { enabled: false } } });
  workOn(operator.queue);
  await operator.post({
    commands: [{ commandName: 'kubescapeScan', jobTracking: { jobID: 'J' }, args: { scanV1: {} } }],
  });
  await complete(operator);
  expect(operator.reports()).toEqual([]);
});

it('puts job and parent on every log line of an action', async () => {
  const operator = await start({ ports: { pods } });
  workOn(operator.queue);
  await operator.post({ commands: [{ commandName: 'scan', jobTracking: { jobID: 'J', parentAction: 'P' }, wlid }] });
  await complete(operator);
  await expect.poll(() => operator.log.join(''), patiently).toContain('command ended');
  const lines = operator.log.map((line) => JSON.parse(line) as Record<string, unknown>);
  const about = (message: string) => lines.filter(({ msg }) => msg === message);
  expect(about('command accepted')).toMatchObject([{ jobId: 'J', parentId: 'P' }]);
  expect(about('jobs of the command are queued')).toMatchObject([{ jobId: 'J', parentId: 'P' }]);
  expect(about('job ended')).toMatchObject([{ parentId: 'J' }, { parentId: 'J' }]);
  expect(about('job ended').every(({ jobId }) => typeof jobId === 'string')).toBe(true);
});
