import { errorFactory } from '@kso/kit';
import { queueErrors } from '@kso/queue';
import { afterEach, expect, it } from 'vitest';
import { patiently, type TestOperator, type TestOptions, testOperator, workOn } from './testing/test-operator.ts';

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

const ok = { status: 200, body: 'ok', type: 'text/plain; charset=utf-8' };

it('vector 1: refuses other methods with 500 and names the method', async () => {
  const { operator } = await start();
  const answer = await operator.app.inject({ method: 'GET', url: '/v1/triggerAction' });
  expect([answer.statusCode, answer.body]).toEqual([500, "method 'GET' not allowed"]);
});

it('vector 2: answers ok to a command that nobody knows, and logs it', async () => {
  const { post, log, queue } = await start();
  expect(await post({ Commands: [{ CommandName: 'nope' }] })).toEqual(ok);
  expect(log.join('')).toContain('Command nope not found');
  expect(await queue.listParents({ limit: 10 })).toEqual([]);
});

it('vector 3: a command without a name runs nothing; what is no JSON is a 500 with the reason', async () => {
  const { post, log, queue } = await start();
  expect(await post({ commands: [{}] })).toEqual(ok);
  expect(log.join('')).toContain('command not found. id: ');
  const broken = await post('{');
  expect(broken.status).toBe(500);
  expect(broken.body).toMatch(/JSON/);
  expect(await queue.listParents({ limit: 10 })).toEqual([]);
});

it.each(['{"commands":[]}', '{}', 'null'])('answers ok to %s', async (body) => {
  const { post } = await start();
  expect(await post(body)).toEqual(ok);
});

it.each([
  ['[]', 'the body'],
  ['"text"', 'the body'],
  ['{"commands":{}}', 'commands'],
  ['{"commands":[{"commandName":7}]}', 'commands.0.commandName'],
  ['{"commands":[{"commandName":"scan","designators":[{"attributes":{"namespace":1}}]}]}', 'attributes.namespace'],
  ['', 'JSON'],
])('says what is wrong with %s', async (body, expected) => {
  const { post } = await start();
  const answer = await post(body);
  expect(answer.status).toBe(500);
  expect(answer.body).toContain(expected);
});

it('carries out nothing that a page of another site sends', async () => {
  const { post, queue } = await start();
  const command = { commands: [{ commandName: 'kubescapeScan' }] };
  expect((await post(command, { origin: 'http://evil.example' })).status).toBe(403);
  expect((await post(command, { host: 'evil.example:4002' })).status).toBe(403);
  expect(await queue.listParents({ limit: 10 })).toEqual([]);
});

it('says when to come again while the queue is away', async () => {
  const away = errorFactory(queueErrors)('QUEUE_UNAVAILABLE', { reason: 'Redis is away' });
  const { operator, queue } = await start();
  queue.openParent = () => Promise.reject(away);
  const payload = JSON.stringify({ commands: [{ commandName: 'kubescapeScan' }] });
  const { statusCode, headers } = await operator.app.inject({ method: 'POST', url: '/v1/triggerAction', payload });
  expect([statusCode, headers['retry-after']]).toEqual([503, '5']);
});

it('answers 400 and 405 when it is strict', async () => {
  const { operator, post } = await start({ config: { strictStatus: true } });
  expect((await post('{')).status).toBe(400);
  const answer = await operator.app.inject({ method: 'PUT', url: '/v1/triggerAction' });
  expect([answer.statusCode, answer.headers['allow']]).toEqual([405, 'POST']);
});

it('refuses a body above the limit', async () => {
  const { post } = await start();
  expect((await post(`{"commands":[],"x":"${'y'.repeat(1024 * 1024)}"}`)).status).toBe(413);
});

it('takes any media type', async () => {
  const { post } = await start();
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-8'])
    expect(await post({ commands: [] }, { 'content-type': type })).toEqual(ok);
});

it('vector 4: puts a posture scan into the queue as it was normalised', async () => {
  const { post, queue } = await start({ config: { triggerSecurityFramework: true } });
  expect(await post({ commands: [{ commandName: 'kubescapeScan', args: { scanV1: {} } }] })).toEqual(ok);
  await expect.poll(() => queue.list({ kind: 'posture-scan', limit: 10 }), patiently).toHaveLength(1);
  const [job] = await queue.list({ kind: 'posture-scan', limit: 1 });
  expect(job).toMatchObject({
    priority: 'onDemand',
    payload: { scanId: job?.jobId, request: { targetType: 'Framework', targetNames: ['all', 'security'] } },
  });
  expect(job?.key).toBe(`posture-scan/${job?.jobId}`);
});

it('reads keys in any case and drops what the scanner must not get', async () => {
  const { post, queue } = await start();
  const scanV1 = {
    TargetType: 'Control',
    targetnames: ['C-0057', ''],
    accessKey: 's3cr3t',
    KEEPLOCAL: true,
    ScanObject: { APIVersion: 'apps/v1', Kind: 'Deployment', Metadata: { Name: 'api', namespace: 'payments' } },
  };
  await post({ COMMANDS: [{ commandname: 'runKubescapeJob', ARGS: { scanV1 } }] });
  await expect.poll(() => queue.list({ kind: 'posture-scan', limit: 10 }), patiently).toHaveLength(1);
  const [job] = await queue.list({ kind: 'posture-scan', limit: 1 });
  expect(job?.payload['request']).toEqual({
    targetType: 'Control',
    targetNames: ['C-0057', 'all'],
    keepLocal: true,
    scanObject: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'api', namespace: 'payments' } },
  });
  expect(JSON.stringify(await queue.listParents({ limit: 10 }))).not.toContain('s3cr3t');
});

it('never logs the arguments', async () => {
  const { post, log } = await start();
  const registry = { registryName: 'registry.example.com', password: 'hunter2' };
  await post({ commands: [{ commandName: 'scanRegistry', args: { 'registryInfo-v1': registry } }] });
  expect(log.join('')).toContain('registryInfo-v1');
  expect(log.join('')).not.toMatch(/hunter2|registry\.example\.com/);
});

it('quotes nothing of a body that is not JSON, neither in the answer nor in the log', async () => {
  const { post, log } = await start();
  const answer = await post('{"commands": [{"args": {"password": hunter2}}]}');
  expect([answer.status, answer.body]).toEqual([500, 'the body is not JSON']);
  expect(log.join('')).toContain('the body is not JSON');
  expect(log.join('')).not.toContain('hunter2');
});

it('does not let a long command fill the log', async () => {
  const { post, log } = await start();
  const attributes = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`key-${n}`, 'x'.repeat(100)]));
  const designators = [{ designatorType: 'Attributes', attributes }];
  await post({ commands: [{ commandName: 'scan', designators, jobTracking: { jobID: 'long' } }] });
  const line = log.find((each) => each.includes('commands received')) ?? '';
  expect(line.length).toBeLessThan(5000);
  expect(JSON.parse(line)).toMatchObject({ commands: [{ commandName: 'scan', jobTracking: { jobID: 'long' } }] });
});

it('tells who asks for JSON what became of each command', async () => {
  const { post, get, queue } = await start();
  const commands = [
    { commandName: 'kubescapeScan', args: { scanV1: {} }, jobTracking: { jobID: 'mine', parentAction: 'above' } },
    { commandName: 'nope' },
    { commandName: 'kubescapeScan' },
    {},
  ];
  const answer = await post({ commands }, { accept: 'application/json' });
  expect(answer.type).toMatch(/^application\/json/);
  const receipts = JSON.parse(answer.body) as { commands: unknown[] };
  expect(receipts.commands).toEqual([
    { commandName: 'kubescapeScan', outcome: 'accepted', jobId: 'mine' },
    { commandName: 'nope', outcome: 'notFound' },
    {
      commandName: 'kubescapeScan',
      outcome: 'rejected',
      jobId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      failure: { code: 'REQUEST_NOT_FOUND', message: 'request not found' },
    },
    { commandName: '', outcome: 'rejected', failure: { code: 'COMMAND_EMPTY', message: 'the command has no name' } },
  ]);
  workOn(queue);
  await expect.poll(() => get('/v1/jobs/mine'), patiently).toMatchObject({ state: 'succeeded' });
  const refused = await post('{', { accept: 'application/json' });
  expect([refused.status, JSON.parse(refused.body)]).toMatchObject([400, { code: 'COMMANDS_MALFORMED' }]);
});

it('carries a command out once that is sent twice under the same job id', async () => {
  const { post, queue } = await start();
  const body = { commands: [{ commandName: 'kubescapeScan', args: { scanV1: {} }, jobTracking: { jobID: 'same' } }] };
  const json = { accept: 'application/json' };
  await post(body, json);
  expect(JSON.parse((await post(body, json)).body)).toEqual({
    commands: [{ commandName: 'kubescapeScan', outcome: 'known', jobId: 'same' }],
  });
  workOn(queue);
  await expect.poll(async () => (await queue.getParent('same'))?.completedAt, patiently).toBeDefined();
  // A client that did not hear the answer asks again soon after.
  expect(JSON.parse((await post(body, json)).body)).toMatchObject({ commands: [{ outcome: 'known' }] });
  expect(await queue.list({ limit: 10 })).toHaveLength(1);
});

it('carries a body out once that is sent twice under the same key, and tells the ids of its jobs', async () => {
  const { operator, queue } = await start();
  const command = { commandName: 'kubescapeScan', args: { scanV1: {} } };
  const payload = JSON.stringify({ commands: [command, { ...command, jobTracking: { jobID: 'mine' } }, {}] });
  const send = async (key: string) => {
    const headers = { 'idempotency-key': key };
    const answer = await operator.app.inject({ method: 'POST', url: '/v1/triggerAction', payload, headers });
    expect(answer.body).toBe('ok');
    return answer.headers['x-kso-job-ids'];
  };
  const ids = await send('run-1');
  expect(ids).toMatch(/^[\da-f-]{36},mine$/);
  expect(await send('run-1')).toBe(ids);
  expect(await queue.listParents({ limit: 10 })).toHaveLength(2);
  expect(await send('run-2')).not.toBe(ids);
  expect(await queue.listParents({ limit: 10 })).toHaveLength(3);
});

it('answers 503 when more commands are under way than it may hold', async () => {
  const { post, queue } = await start({ config: { capacity: 2 } });
  const command = { commandName: 'kubescapeScan', args: { scanV1: {} } };
  expect((await post({ commands: [command, command, command] })).status).toBe(503);
  expect(await queue.listParents({ limit: 10 })).toEqual([]);
  expect((await post({ commands: [command, command] })).status).toBe(200);
});

it('goes on after a restart with a command that was taken and not carried out', async () => {
  const first = testOperator();
  // Not started: as if the process had died right after its answer.
  const record = {
    commandName: 'kubescapeScan',
    target: '',
    source: 'rest',
    firstSequence: 1,
    priority: 'recurring',
    plan: { type: 'posture', scanId: '6f1c2c1e-8a5b-4a07-9a63-0d3f6b2e7c11', request: { targetNames: ['nsa'] } },
  };
  await first.queue.openParent('interrupted', record);
  await first.queue.openParent('somebody else', { other: true });
  const second = await start({ queue: first.queue });
  workOn(second.queue);
  await expect
    .poll(() => second.get('/v1/jobs/interrupted'), patiently)
    .toMatchObject({
      state: 'succeeded',
      children: [{ kind: 'posture-scan', subject: { scanId: record.plan.scanId } }],
    });
});
