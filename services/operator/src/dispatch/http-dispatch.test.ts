import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpClient, type HttpClient, readOutgoing } from '@kso/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { patiently, podsOf, runningPod, type TestOperator, testOperator } from '../testing/test-operator.ts';
import { scanImageBody } from './http-image.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly type: string | undefined;
}

/** A scanner of the existing product: answers in the order given, then with 200 and no body. */
class Scanner {
  readonly seen: Seen[] = [];
  readonly answers: ((response: ServerResponse) => void)[] = [];
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => {
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  answer(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.answers.push((response) => response.writeHead(status, headers).end(JSON.stringify(body)));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    this.seen.push({ method, url, body: Buffer.concat(chunks).toString('utf8'), type: headers['content-type'] });
    const answer = this.answers.shift();
    if (answer === undefined) response.writeHead(200).end('{}');
    else answer(response);
  }
}

describe('dispatch by HTTP', () => {
  let scanner: Scanner;
  let http: HttpClient;
  let port: number;
  let operator: TestOperator | undefined;

  beforeEach(async () => {
    scanner = new Scanner();
    port = await scanner.listen();
    http = createHttpClient({ outgoing: readOutgoing({}) });
  });
  afterEach(async () => {
    await operator?.stop();
    operator = undefined;
    await scanner.close();
    await http.close();
  });

  async function start(dispatch: Record<string, unknown> = {}): Promise<TestOperator> {
    const address = `127.0.0.1:${port}`;
    const config = {
      grace: '10ms',
      triggerSecurityFramework: true,
      dispatch: {
        mode: 'http' as const,
        kubescape: address,
        kubevuln: address,
        pollInterval: '10ms',
        refusedWait: '20ms',
        ...dispatch,
      },
    };
    const pods = podsOf([runningPod({ name: 'api-1', top: 'Deployment/api' })]);
    operator = testOperator({ config, ports: { http, pods } });
    await operator.operator.start();
    return operator;
  }

  const posture = { commandName: 'kubescapeScan', jobTracking: { jobID: 'J' }, args: { scanV1: {} } };
  const image = {
    commandName: 'scan',
    jobTracking: { jobID: 'J' },
    wlid: 'wlid://cluster-prod/namespace-payments/deployment-api',
  };
  const untilState = (test: TestOperator, state: string) =>
    expect.poll(() => test.get('/v1/jobs/J'), patiently).toMatchObject({ state });

  it('vector 4: asks kubescape with the default request and waits for the end', async () => {
    scanner.answer(200, { id: 'scan-1', type: 'busy', response: '' });
    scanner.answer(200, { ID: 'scan-1', Type: 'busy' });
    scanner.answer(200, { id: 'scan-1', type: 'notBusy' });
    const test = await start();
    await test.post({ commands: [posture] });
    await untilState(test, 'succeeded');
    expect(scanner.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /v1/scan?keep=false',
      'GET /v1/status?ID=scan-1',
      'GET /v1/status?ID=scan-1',
    ]);
    expect(scanner.seen[0]?.type).toBe('application/json');
    expect(JSON.parse(scanner.seen[0]?.body ?? '')).toEqual({
      targetType: 'Framework',
      targetNames: ['all', 'security'],
    });
  });

  it('tells why kubescape refused', async () => {
    scanner.answer(401, { error: 'token needed' });
    const test = await start();
    await test.post({ commands: [posture] });
    await untilState(test, 'failed');
    const { children } = await test.get<{ children: unknown[] }>('/v1/jobs/J');
    expect(children).toMatchObject([
      {
        attemptsMade: 1,
        failure: {
          code: 'TARGET_REFUSED',
          message: `received status code '401' from kubescape: {"error":"token needed"}`,
        },
      },
    ]);
  });

  it.each([
    [{ id: '', type: 'error', response: 'unknown framework' }, /unknown framework/],
    ['no object', /not understood/],
  ])('takes %j for a failure', async (answer, expected) => {
    scanner.answer(200, answer);
    const test = await start();
    await test.post({ commands: [posture] });
    await untilState(test, 'failed');
    const { children } = await test.get<{ children: { failure: { message: string } }[] }>('/v1/jobs/J');
    expect(children[0]?.failure.message).toMatch(expected);
  });

  it('asks for a status three times before it gives up', async () => {
    scanner.answer(200, { id: 'scan-1', type: 'busy' });
    scanner.answer(500, {});
    scanner.answer(500, {});
    scanner.answer(200, { id: 'scan-1', type: 'notBusy' });
    const test = await start();
    await test.post({ commands: [posture] });
    await untilState(test, 'succeeded');
    expect(scanner.seen).toHaveLength(4);
  });

  it('comes back later when kubevuln is busy', async () => {
    scanner.answer(429, {}, { 'retry-after': '0' });
    scanner.answer(503, {}, { 'retry-after': '0' });
    const test = await start();
    await test.post({ commands: [image] });
    await untilState(test, 'succeeded');
    expect(scanner.seen).toHaveLength(3);
  });

  it('vector 16: tries again at short intervals while kubevuln refuses connections', async () => {
    await scanner.close();
    const test = await start({ refusedWait: '150ms' });
    await test.post({ commands: [image] });
    // The first tries are refused; then it is there.
    await expect.poll(async () => (await test.queue.counts('image-scan-http')).active, patiently).toBe(1);
    const late = new Scanner();
    await late.listen(port);
    await untilState(test, 'succeeded');
    expect(late.seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /v1/scanImage']);
    const { children } = await test.get<{ children: unknown[] }>('/v1/jobs/J');
    // One attempt of the job: the tries within it do not count.
    expect(children).toMatchObject([{ attemptsMade: 1 }]);
    await late.close();
  });

  it('fails with a reason when an address is missing', async () => {
    const test = await start({ kubescape: '' });
    await test.post({ commands: [posture] });
    await untilState(test, 'failed');
    const { children } = await test.get<{ children: unknown[] }>('/v1/jobs/J');
    expect(children).toMatchObject([{ failure: { message: 'kubescape is not configured' } }]);
  });

  it('waits for a scan that was begun before a restart and does not begin it again', async () => {
    scanner.answer(200, { id: 'scan-1', type: 'busy' });
    const test = await start({ pollInterval: '1h' });
    await test.post({ commands: [posture] });
    const progress = async () => (await test.queue.list({ kind: 'posture-scan-http', limit: 1 }))[0]?.progress;
    await expect.poll(progress, patiently).toEqual({ scanId: 'scan-1' });
    await test.operator.stop();
    const again = testOperator({
      queue: test.queue,
      config: { dispatch: { mode: 'http', kubescape: `127.0.0.1:${port}`, pollInterval: '10ms' } },
      ports: { http },
    });
    await again.operator.start();
    await untilState(again, 'succeeded');
    expect(scanner.seen.filter(({ method }) => method === 'POST')).toHaveLength(1);
    await again.operator.stop();
  });
});

it('writes the body of scanImage member by member as the existing sender does', () => {
  const body = scanImageBody(
    {
      imageTag: 'registry.example.com/team/api:1.4.2',
      imageHash: 'sha256:3f1c',
      wlid: 'wlid://cluster-prod/namespace-payments/deployment-api',
      containerName: 'api',
      instanceID: 'replicaset-api-6d4cf56db6-api-9a3f-07bc',
      credentialsList: [{ username: 'robot', password: 's3cr3t', serveraddress: 'registry.example.com' }],
      useHTTP: true,
      sessionJobIds: ['P', 'J', 'K'],
      actionIDN: 0,
    },
    'K',
    Date.parse('2024-03-05T10:15:00Z'),
  );
  expect(body).toEqual({
    credentialsList: [{ username: 'robot', password: 's3cr3t', serveraddress: 'registry.example.com' }],
    args: { useHTTP: true },
    session: { jobIDs: ['P', 'J', 'K'], timestamp: '2024-03-05T10:15:00.000Z', rootJobID: 'P', action: 'scan' },
    imageTag: 'registry.example.com/team/api:1.4.2',
    jobID: 'K',
    parentJobID: 'J',
    wlid: 'wlid://cluster-prod/namespace-payments/deployment-api',
    isScanned: false,
    containerName: 'api',
    actionIDN: 0,
    imageHash: 'registry.example.com/team/api:1.4.2@sha256:3f1c',
    instanceID: 'replicaset-api-6d4cf56db6-api-9a3f-07bc',
  });
});
