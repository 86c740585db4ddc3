import { systemClock } from '@kso/kit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PodSource } from './ports.ts';
import { patiently, podsOf, runningPod, type TestOperator, testOperator, workOn } from './testing/test-operator.ts';

const opened: TestOperator[] = [];
afterEach(async () => {
  for (const operator of opened.splice(0)) await operator.stop();
});

async function start(): Promise<TestOperator> {
  const pods = podsOf([
    runningPod({ name: 'api-1', top: 'Deployment/api', images: { app: 'api:1', proxy: 'envoy:2' } }),
  ]);
  const operator = testOperator({ ports: { pods } });
  opened.push(operator);
  await operator.operator.start();
  return operator;
}

const scan = (jobID: string) => ({ commandName: 'scan', jobTracking: { jobID }, wildWlid: 'wlid://cluster-prod' });
const sealed = (operator: TestOperator, id: string) =>
  expect.poll(async () => (await operator.queue.getParent(id))?.sealed, patiently).toBe(true);

it('shows commands, newest first, and one with its jobs', async () => {
  const operator = await start();
  await operator.post({ commands: [scan('first')] });
  await sealed(operator, 'first');
  expect(await operator.get('/v1/jobs/first')).toMatchObject({
    jobId: 'first',
    commandName: 'scan',
    target: 'wlid://cluster-prod',
    state: 'running',
    jobs: { total: 2, ended: 0 },
    children: [{ state: 'waiting', kind: 'image-scan' }, { state: 'waiting' }],
  });
  workOn(operator.queue, {
    image: async (job) => {
      if (job.payload['containerName'] === 'proxy') throw new Error('registry said no');
      await job.report({ step: 'matching' });
      return { findings: 3 };
    },
  });
  const failing = (await operator.queue.list({ limit: 10 })).find(
    ({ payload }) => payload['containerName'] === 'proxy',
  );
  await expect.poll(async () => (await operator.queue.get(failing?.key ?? ''))?.state, patiently).toBe('delayed');
  await operator.queue.cancel(failing?.key ?? '');
  await expect
    .poll(() => operator.get('/v1/jobs/first'), patiently)
    .toMatchObject({
      state: 'partial',
      completedAt: expect.any(String),
      jobs: { total: 2, ended: 2, succeeded: 1, cancelled: 1 },
    });
  const { children } = await operator.get<{ children: { jobId: string; state: string }[] }>('/v1/jobs/first');
  const good = children.find(({ state }) => state === 'succeeded');
  expect(await operator.get(`/v1/jobs/${good?.jobId}`)).toMatchObject({
    parentId: 'first',
    progress: { step: 'matching' },
    result: { findings: 3 },
    subject: { wlid: 'wlid://cluster-prod/namespace-payments/deployment-api', containerName: 'app', imageTag: 'api:1' },
  });

  await operator.post({ commands: [{ commandName: 'kubescapeScan', jobTracking: { jobID: 'second' } }] });
  await sealed(operator, 'second');
  const list = await operator.get<{ jobs: { jobId: string; state: string }[] }>('/v1/jobs');
  expect(new Set(list.jobs.map(({ jobId, state }) => `${jobId} ${state}`))).toEqual(
    new Set(['first partial', 'second failed']),
  );
  expect(await operator.get('/v1/jobs?state=open')).toEqual({ jobs: [] });
  expect((await operator.get<{ jobs: unknown[] }>('/v1/jobs?limit=1&state=complete')).jobs).toHaveLength(1);
});

it('counts commands, their jobs and their ends', async () => {
  const operator = await start();
  workOn(operator.queue, {
    image: async (job) => {
      if (job.payload['containerName'] === 'proxy') throw new RangeError('no');
      return null;
    },
  });
  const wanted = { ...scan('counted'), args: {} };
  const bad = { commandName: 'kubescapeScan', jobTracking: { jobID: 'bad' } };
  await operator.post({ commands: [wanted, bad, { commandName: 'x'.repeat(300) }] });
  await sealed(operator, 'counted');
  await operator.queue.cancel((await operator.queue.list({ states: ['delayed', 'waiting'], limit: 1 }))[0]?.key ?? '');
  const metrics = () => operator.ports.metrics.registry.metrics();
  await expect
    .poll(metrics, { interval: 50, timeout: 15_000 })
    .toContain('kso_operator_commands_ended_total{command="scan",outcome="partial"} 1');
  const text = await metrics();
  for (const line of [
    'kso_operator_commands_total{command="scan",source="rest",outcome="accepted"} 1',
    'kso_operator_commands_total{command="kubescapeScan",source="rest",outcome="rejected"} 1',
    'kso_operator_commands_total{command="other",source="rest",outcome="notFound"} 1',
    'kso_operator_commands_ended_total{command="kubescapeScan",outcome="failed"} 1',
    'kso_operator_jobs_ended_total{kind="image-scan",state="succeeded"} 1',
    'kso_operator_fan_out_jobs_sum{command="scan"} 2',
    'kso_operator_fan_out_pods_sum{command="scan"} 1',
    'kso_operator_commands_waiting 0',
  ])
    expect(text).toContain(line);
});

it('ends a command that cannot be carried out, instead of trying it at each start', async () => {
  const broken = podsOf([runningPod({ name: 'api-1', top: 'Deployment/api' })]);
  const clock = { ...systemClock, sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(1, signal) };
  const operator = testOperator({ ports: { pods: broken, clock } });
  opened.push(operator);
  vi.spyOn(operator.queue, 'addChild').mockRejectedValue(new TypeError('a bug'));
  await operator.operator.start();
  await operator.post({ commands: [scan('hopeless')] });
  await expect
    .poll(() => operator.get('/v1/jobs/hopeless'), patiently)
    .toMatchObject({
      state: 'failed',
      completedAt: expect.any(String),
      failure: { code: 'COMMAND_FAILED', message: 'the command cannot be carried out: a bug' },
    });
  expect(operator.reports().at(-1)).toMatchObject({ jobID: 'hopeless', status: 'failure' });
});

it('shows no logins', async () => {
  const operator = await start();
  const payload = { imageTag: 'api:1', credentialsList: [{ username: 'robot', password: 's3cr3t' }] };
  await operator.queue.add({ kind: 'image-scan', key: 'k', payload, priority: 'onDemand', jobId: 'direct' });
  const job = await operator.get('/v1/jobs/direct');
  expect(job).toMatchObject({ jobId: 'direct', subject: { imageTag: 'api:1' } });
  expect(JSON.stringify(job)).not.toMatch(/robot|s3cr3t/);
});

it('says what is wrong with a question', async () => {
  const operator = await start();
  const inject = (url: string) => operator.operator.app.inject(url);
  const unknown = await inject('/v1/jobs/nobody');
  expect([unknown.statusCode, unknown.json()]).toMatchObject([404, { code: 'JOB_UNKNOWN' }]);
  for (const query of ['limit=0', 'limit=x', 'state=done', 'other=1'])
    expect((await inject(`/v1/jobs?${query}`)).statusCode).toBe(400);
});

it('says on readiness why the queue takes nothing', async () => {
  const operator = testOperator();
  opened.push(operator);
  expect(operator.operator.notReady?.()).toBeUndefined();
  await operator.queue.close();
  expect(operator.operator.notReady?.()).toBe('the queue is closed');
  expect((await operator.post({ commands: [scan('late')] })).status).toBe(503);
});

describe('cancelling', () => {
  const cancel = async (operator: TestOperator, id: string) => {
    const answer = await operator.operator.app.inject({ method: 'DELETE', url: `/v1/jobs/${id}` });
    return { status: answer.statusCode, body: answer.json<{ state?: string; code?: string }>() };
  };

  it('a command ends its own jobs and leaves those that others wait for', async () => {
    const operator = await start();
    await operator.post({ commands: [scan('unwanted')] });
    await sealed(operator, 'unwanted');
    const wlid = 'wlid://cluster-prod/namespace-payments/deployment-api';
    const other = {
      commandName: 'scan',
      jobTracking: { jobID: 'wanted' },
      wlid,
      args: { containerToImageIDs: { app: '' } },
    };
    await operator.post({ commands: [other] });
    await sealed(operator, 'wanted');
    expect(await cancel(operator, 'unwanted')).toMatchObject({ status: 200, body: { jobId: 'unwanted' } });
    await expect
      .poll(() => operator.get('/v1/jobs/unwanted'), patiently)
      .toMatchObject({
        state: 'cancelled',
        completedAt: expect.any(String),
        failure: { code: 'COMMAND_CANCELLED' },
        jobs: { total: 2, ended: 2, cancelled: 2 },
      });
    workOn(operator.queue);
    await expect
      .poll(() => operator.get('/v1/jobs/wanted'), patiently)
      .toMatchObject({ state: 'succeeded', jobs: { total: 1, succeeded: 1 } });
    const end = operator.reports().findLast(({ jobID }) => jobID === 'unwanted');
    expect(end).toMatchObject({ status: 'failure', errors: ['Action: scan, Error: the command was cancelled'] });
    expect(await cancel(operator, 'unwanted')).toMatchObject({ status: 409, body: { code: 'COMMAND_ENDED' } });
  });

  it('a command whose pods are still listed gives no more jobs out', async () => {
    const { promise: listed, resolve: goOn } = Promise.withResolvers<void>();
    const pod = runningPod({ name: 'api-1', top: 'Deployment/api' });
    const pods: PodSource = {
      type: 'cluster',
      async *list() {
        await listed;
        yield pod;
      },
      topOwner: async () => ({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' }),
    };
    const operator = testOperator({ ports: { pods }, config: { workerConcurrency: 1 } });
    opened.push(operator);
    await operator.operator.start();
    await operator.post({ commands: [scan('listing'), scan('next')] });
    for (const id of ['listing', 'next']) expect((await cancel(operator, id)).body.state).toBe('cancelled');
    goOn();
    await operator.post({ commands: [scan('last')] });
    await sealed(operator, 'last');
    for (const id of ['listing', 'next'])
      expect(await operator.get(`/v1/jobs/${id}`)).toMatchObject({ state: 'cancelled', jobs: { total: 0 } });
    const ends = operator.reports().filter(({ status }) => status === 'failure');
    expect(new Set(ends.map(({ jobID }) => jobID))).toEqual(new Set(['listing', 'next']));
    expect(ends).toHaveLength(2);
  });

  it('is refused for one job of a command, and for what nobody knows', async () => {
    const operator = await start();
    await operator.post({ commands: [scan('parent')] });
    await sealed(operator, 'parent');
    const { children } = await operator.get<{ children: { jobId: string }[] }>('/v1/jobs/parent');
    expect(await cancel(operator, children[0]?.jobId ?? '')).toMatchObject({
      status: 409,
      body: { code: 'JOB_OF_COMMANDS' },
    });
    expect(await cancel(operator, 'nobody')).toMatchObject({ status: 404, body: { code: 'JOB_UNKNOWN' } });
  });
});
