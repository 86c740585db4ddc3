import { createLogger, createMetrics, errorFactory, KsoError, Secret, systemClock } from '@kso/kit';
import { createKubeClient, type KubeClient } from '@kso/kube';
import { createManualClock, type FakeApiServer, startFakeApiServer } from '@kso/kube/testing';
import { createInProcessQueue } from '@kso/queue';
import type { KubeObject } from '@kso/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OperatorPorts, operatorErrors } from '../service.ts';
import { patiently, podsOf, runningPod, type TestOperator, testOperator, workOn } from '../testing/test-operator.ts';
import { CommandObjectRunner } from './command-object-runner.ts';
import { clusterCommandObjects } from './command-objects.ts';
import { operatorCommands } from './operator-command.ts';

const namespace = 'kubescape';
const guid = '9d1a6f0e-54d1-4f5a-8cb4-8b2e6b0a1f77';

let server: FakeApiServer;
let client: KubeClient;
let test: TestOperator;

beforeEach(async () => {
  server = await startFakeApiServer();
  const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
  server.serve({ ...operatorCommands, version: 'v1alpha1', plural: 'operatorcommands', namespaced: true, verbs });
  client = createKubeClient(server.connection(), { clock: systemClock, userAgent: 'kso-test' });
});

afterEach(async () => {
  await test.stop();
  await client.close();
  await server.stop();
});

const base = () => ({
  logger: createLogger({ service: 'test', level: 'silent' }),
  metrics: createMetrics(),
  clock: systemClock,
});

async function start(ports: Partial<OperatorPorts> = {}, work: Parameters<typeof workOn>[1] = {}): Promise<void> {
  test = testOperator({ ports: { commandObjects: clusterCommandObjects(client, namespace, base()), ...ports } });
  workOn(test.queue, work);
  await test.operator.start();
}

function put(
  name: string,
  command: unknown,
  more: { spec?: object; metadata?: object; status?: object } = {},
): KubeObject {
  const body = Buffer.from(typeof command === 'string' ? command : JSON.stringify(command)).toString('base64');
  return server.put({
    apiVersion: 'kubescape.io/v1alpha1',
    kind: 'OperatorCommand',
    metadata: {
      name,
      namespace,
      labels: { 'kubescape.io/app-name': 'operator' },
      creationTimestamp: new Date().toISOString(),
      ...more.metadata,
    },
    spec: { guid, commandType: 'OperatorAPI', commandVersion: 'v1', body, ...more.spec },
    ...(more.status === undefined ? {} : { status: more.status }),
  });
}

interface Status {
  readonly started?: boolean;
  readonly completed?: boolean;
  readonly executer?: string;
  readonly startedAt?: string;
  readonly completedAt?: string;
  readonly error?: { readonly message: string };
  readonly payload?: string;
}

async function statusOf(name: string): Promise<Status | undefined> {
  const found = await client.get(operatorCommands, namespace, name);
  return found.outcome === 'found' ? (found.object['status'] as Status | undefined) : undefined;
}

async function completed(name: string): Promise<Status> {
  await expect.poll(async () => (await statusOf(name))?.completed, patiently).toBe(true);
  return (await statusOf(name)) ?? {};
}

const payloadOf = ({ payload = '' }: Status): string => Buffer.from(payload, 'base64').toString('utf8');
const scanAll = { commandName: 'kubescapeScan', args: { scanV1: {} } };

describe('an OperatorCommand', () => {
  it('is told as started before its work, and as completed when that has ended', async () => {
    const { promise: working, resolve: begun } = Promise.withResolvers<void>();
    const { promise: end, resolve: finish } = Promise.withResolvers<void>();
    await start(
      {},
      {
        posture: async () => {
          begun();
          await end;
          return null;
        },
      },
    );
    put('scan', scanAll);
    await working;
    const open = await statusOf('scan');
    expect(open).toEqual({ executer: 'operator', started: true, startedAt: expect.any(String) as string });
    finish();
    const done = await completed('scan');
    expect(done).toMatchObject({ started: true, startedAt: open?.startedAt, completed: true, executer: 'operator' });
    expect(done.error).toBeUndefined();
    const { children } = await test.get<{ children: { subject: { scanId: string } }[] }>(`/v1/jobs/${guid}`);
    expect(payloadOf(done)).toBe(children[0]?.subject.scanId);
  });

  it('of an image scan tells of its jobs, and of those that failed one by one', async () => {
    const pods = podsOf([
      runningPod({ name: 'a', top: 'Deployment/a', images: { app: 'registry.example.com/a:1' } }),
      runningPod({ name: 'b', top: 'Deployment/b', images: { app: 'registry.example.com/b:1' } }),
      runningPod({ name: 'c', top: 'Deployment/c', images: { app: 'registry.example.com/c:1' } }),
    ]);
    const broken = { message: 'pull refused', httpStatus: 502, retryable: false, severity: 'warn' } as const;
    await start(
      { pods },
      {
        image: async ({ payload }) => {
          if (payload['imageTag'] !== 'registry.example.com/a:1') throw new KsoError('PULL_REFUSED', broken);
          return null;
        },
      },
    );
    put('scan', { CommandName: 'scan', WildWlid: 'wlid://cluster-prod' });
    const done = await completed('scan');
    expect(done.error).toEqual({ message: 'Failed with multiple errors' });
    expect((JSON.parse(payloadOf(done)) as string[]).toSorted()).toEqual([
      'registry.example.com/b:1: pull refused',
      'registry.example.com/c:1: pull refused',
    ]);
  });

  it.each([
    ['no JSON', '{', {}, 'spec.body is not JSON'],
    [
      'of a wrong type',
      { commandName: 5 },
      {},
      'spec.body.commandName: Invalid input: expected string, received number',
    ],
    ['without a name', {}, {}, 'the command has no name'],
    ['that does not exist', { commandName: 'nope' }, {}, 'Command nope not found'],
    ['that is refused', { commandName: 'kubescapeScan' }, {}, 'request not found'],
    ['whose body is no base64', '', { spec: { body: '%' } }, 'spec.body: Invalid base64-encoded string'],
  ])('with a command %s ends with the reason', async (_what, command, more, message) => {
    await start();
    put('bad', command, more);
    expect((await completed('bad')).error).toEqual({ message });
    put('good', scanAll, { spec: { guid: 'another' } });
    expect((await completed('good')).error).toBeUndefined();
  });

  it('B28 with many long errors has a status that the API server takes', async () => {
    const images = Object.fromEntries(
      Array.from({ length: 200 }, (_, n) => [`c${n}`, `registry.example.com/app:${n}`]),
    );
    const pods = podsOf([runningPod({ name: 'many', top: 'Deployment/many', images })]);
    const broken = errorFactory(operatorErrors)('COMMAND_FAILED', { problem: 'x'.repeat(50_000) });
    await start({ pods }, { image: () => Promise.reject(broken) });
    put('scan', { commandName: 'scan', designators: [{ attributes: {} }] });
    const { error, payload = '' } = await completed('scan');
    expect(error).toEqual({ message: 'Failed with multiple errors' });
    expect(JSON.parse(Buffer.from(payload, 'base64').toString('utf8'))).toHaveLength(50);
    expect(payload.length).toBeLessThan(100_000);
  });

  it('vector 18: older than half an hour is not run, and its status is left alone', async () => {
    put('old', scanAll, { metadata: { creationTimestamp: new Date(Date.now() - 31 * 60_000).toISOString() } });
    put('done', scanAll, { status: { completed: true, completedAt: new Date().toISOString() } });
    put('for-an-agent', scanAll, { metadata: { labels: { 'kubescape.io/app-name': 'node-agent' } } });
    put('of-another-type', scanAll, { spec: { commandType: 'RuntimeUpdateRules' } });
    await start();
    put('new', scanAll);
    await completed('new');
    expect(await statusOf('old')).toBeUndefined();
    expect(await statusOf('done')).not.toHaveProperty('started');
    expect(await statusOf('for-an-agent')).toBeUndefined();
    expect(await statusOf('of-another-type')).toBeUndefined();
    expect(await test.get('/v1/jobs')).toMatchObject({ jobs: [{ jobId: guid }] });
  });

  it('that was begun before a restart is followed to its end, and not done again', async () => {
    const queue = createInProcessQueue({ file: ':memory:', abortGraceMs: 50 }, testOperator().ports);
    let runs = 0;
    const first = testOperator({ queue, ports: { commandObjects: clusterCommandObjects(client, namespace, base()) } });
    await first.operator.start();
    put('scan', scanAll);
    await expect.poll(async () => (await queue.getParent(guid))?.sealed, patiently).toBe(true);
    await first.operator.stop();
    test = testOperator({ queue, ports: { commandObjects: clusterCommandObjects(client, namespace, base()) } });
    workOn(queue, {
      posture: async () => {
        runs += 1;
        return null;
      },
    });
    await test.operator.start();
    expect((await completed('scan')).error).toBeUndefined();
    expect(runs).toBe(1);
  });

  it('that is cancelled is completed, and says so', async () => {
    const { promise: working, resolve: begun } = Promise.withResolvers<void>();
    const { promise: hold, reject: abort } = Promise.withResolvers<never>();
    await start(
      {},
      {
        posture: ({ signal }) => {
          signal.addEventListener('abort', () => abort(signal.reason));
          begun();
          return hold;
        },
      },
    );
    put('scan', scanAll);
    await working;
    await test.operator.app.inject({ method: 'DELETE', url: `/v1/jobs/${guid}` });
    expect((await completed('scan')).error).toEqual({ message: 'the command was cancelled' });
  });

  it('waits while the API server does not take its status', async () => {
    await start();
    await server.watching();
    server.refuse(operatorCommands, 503);
    put('scan', scanAll);
    await server.requested((requests) => requests.filter(({ method }) => method === 'PATCH').length > 1);
    server.refuse(operatorCommands, undefined);
    expect((await completed('scan')).error).toBeUndefined();
  });

  it('needs nothing where the kind is not installed', async () => {
    const plain = await startFakeApiServer();
    const other = createKubeClient(plain.connection(), { clock: systemClock, userAgent: 'kso-test' });
    await start({ commandObjects: clusterCommandObjects(other, namespace, base()) });
    expect((await test.post({ commands: [scanAll] })).body).toBe('ok');
    await other.close();
    await plain.stop();
  });
});

it('finished objects are removed after their time', async () => {
  const clock = createManualClock(Date.parse('2026-11-30T12:00:00Z'));
  test = testOperator();
  const objects = clusterCommandObjects(client, namespace, base());
  const runner = new CommandObjectRunner({ objects, handlers: {} }, { ...test.ports, clock });
  const finished = { completed: true, completedAt: '2026-11-30T12:00:00Z' };
  put('short', scanAll, { spec: { ttl: 90e9 }, status: finished });
  put('usual', scanAll, { status: finished });
  const stop = new AbortController();
  const run = runner.run(stop.signal);
  const names = async () => {
    const found: string[] = [];
    for await (const page of client.list(operatorCommands, { namespace }))
      found.push(...page.map(({ metadata }) => metadata.name));
    return found;
  };
  await clock.sleeping();
  await clock.advance(60_000);
  await clock.sleeping();
  expect(await names()).toEqual(['short', 'usual']);
  await clock.advance(60_000);
  await clock.sleeping();
  await expect.poll(names, patiently).toEqual(['usual']);
  await clock.advance(24 * 60 * 60_000);
  await expect.poll(names, patiently).toEqual([]);
  stop.abort();
  await run;
});

it('an object whose handler has a fault is completed with the reason', async () => {
  test = testOperator();
  const handlers = { OperatorAPI: () => Promise.reject(new TypeError('no such thing')) };
  const objects = clusterCommandObjects(client, namespace, base());
  const stop = new AbortController();
  const run = new CommandObjectRunner({ objects, handlers }, { ...test.ports, clock: systemClock }).run(stop.signal);
  put('faulty', scanAll);
  expect((await completed('faulty')).error?.message).toBe('the command cannot be carried out: no such thing');
  stop.abort();
  await run;
});

it('where a token is configured, commands and questions need it', async () => {
  test = testOperator({ config: { access: { token: new Secret('t0ken') } } });
  await test.operator.start();
  const bearer = { authorization: 'Bearer t0ken' };
  expect((await test.post({ commands: [] })).status).toBe(401);
  expect((await test.post({ commands: [] }, { authorization: 'Bearer other' })).status).toBe(401);
  expect((await test.post({ commands: [] }, bearer)).body).toBe('ok');
  expect((await test.operator.app.inject('/v1/jobs')).statusCode).toBe(401);
  expect((await test.operator.app.inject({ url: '/v1/jobs', headers: bearer })).statusCode).toBe(200);
  expect(test.log.join('')).not.toContain('t0ken');
});
