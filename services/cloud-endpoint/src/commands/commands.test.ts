import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpClient, createLogger, readOutgoing, Secret } from '@kso/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestEndpoint } from '../testing/endpoint.ts';
import { gatewayNotifications, type Notifications } from './notifications.ts';

const command = { commandName: 'scan', wildWlid: 'wlid://cluster-prod', args: { password: 'hunter2' } };

let gateway: Server;
let url: string;
let seen: { request: IncomingMessage; body: unknown }[];
let answer: { status: number; receivers?: string; body?: string };
const http = createHttpClient({ outgoing: readOutgoing({}) });

beforeEach(async () => {
  seen = [];
  answer = { status: 200, receivers: '1', body: '[]' };
  gateway = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      seen.push({ request, body: JSON.parse(text) });
      const { status, receivers, body } = answer;
      response.writeHead(status, receivers === undefined ? {} : { 'x-notification-receivers': receivers }).end(body);
    });
  });
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
});

afterEach(async () => {
  gateway.closeAllConnections();
  await new Promise((resolve) => gateway.close(resolve));
});

const key = 'k'.repeat(20);
const login = { 'x-api-key': key };

function endpointWith(notifications: Notifications | undefined) {
  const lines: string[] = [];
  const logger = createLogger({ service: 'test', level: 'debug', destination: { write: (line) => lines.push(line) } });
  const test = startTestEndpoint({ account: 'acme', accessKey: key }, { logger, notifications });
  return { ...test, lines };
}

const sender = () => gatewayNotifications({ url: () => url, key: new Secret('gateway-key'), http });

describe('POST /api/commands', () => {
  it('sends the command to the cluster of the account, under the job id that it answers', async () => {
    const test = endpointWith(sender());
    const { status, body } = await test.post('/api/commands', { cluster: 'prod', command }, { headers: login });
    expect(status).toBe(202);
    const { jobId, receivers } = JSON.parse(body) as { jobId: string; receivers: number };
    expect(receivers).toBe(1);
    expect(seen).toHaveLength(1);
    expect(seen[0]?.request).toMatchObject({ method: 'POST', url: '/v1/sendnotification' });
    expect(seen[0]?.request.headers['x-api-key']).toBe('gateway-key');
    expect(seen[0]?.body).toEqual({
      target: {
        customerGUID: 'acme',
        clusterName: 'prod',
        clusterComponent: 'InClusterTriggerHandler',
        dest: 'trigger',
      },
      sendSynchronicity: true,
      notification: { commands: [{ ...command, jobTracking: { jobID: jobId } }] },
    });
    expect(test.lines.join('')).not.toMatch(/hunter2|gateway-key/);
    await test.stop();
  });

  it('shows the gateway a token, and asks once more with a new one when it is refused', async () => {
    const given = ['old', 'new'];
    let rejected = 0;
    const token = { get: async () => given[rejected] ?? '', rejected: () => void (rejected += 1) };
    answer = { status: 401 };
    const test = endpointWith(gatewayNotifications({ url: () => url, token, http }));
    const send = () => test.post('/api/commands', { cluster: 'prod', command }, { headers: login });
    expect((await send()).status).toBe(502);
    expect(seen.map(({ request }) => request.headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
    answer = { status: 200, receivers: '1' };
    expect((await send()).status).toBe(202);
    await test.stop();
  });

  it('keeps a job id that is given, and other tracking', async () => {
    const test = endpointWith(sender());
    const tracked = { ...command, jobTracking: { jobID: 'mine', parentAction: 'p' } };
    const { body } = await test.post('/api/commands', { cluster: 'prod', command: tracked }, { headers: login });
    expect(JSON.parse(body)).toMatchObject({ jobId: 'mine' });
    expect(seen[0]?.body).toMatchObject({ notification: { commands: [tracked] } });
    await test.stop();
  });

  it.each([
    [{ status: 200, receivers: '0' }, 409, 'CLUSTER_NOT_CONNECTED'],
    [{ status: 400, body: 'in sendSingleNotification' }, 502, 'GATEWAY_REFUSED'],
    [{ status: 503 }, 502, 'GATEWAY_REFUSED'],
  ])('the gateway answers %j: %i %s', async (given, status, code) => {
    answer = given;
    const test = endpointWith(sender());
    const result = await test.post('/api/commands', { cluster: 'prod', command }, { headers: login });
    expect([result.status, (JSON.parse(result.body) as { code: string }).code]).toEqual([status, code]);
    await test.stop();
  });

  it('does not know how many there are behind a gateway that does not tell', async () => {
    answer = { status: 200 };
    const test = endpointWith(sender());
    const result = await test.post('/api/commands', { cluster: 'prod', command }, { headers: login });
    expect([result.status, Object.keys(JSON.parse(result.body) as object)]).toEqual([202, ['jobId']]);
    await test.stop();
  });

  it('says that no gateway answers, or that none is configured', async () => {
    const away = endpointWith(gatewayNotifications({ url: () => 'http://127.0.0.1:1', http }));
    const none = endpointWith(undefined);
    for (const [test, status] of [
      [away, 502],
      [none, 501],
    ] as const) {
      expect((await test.post('/api/commands', { cluster: 'prod', command }, { headers: login })).status).toBe(status);
      await test.stop();
    }
  });

  it.each([
    {},
    { cluster: 'prod' },
    { cluster: '', command },
    { cluster: 'prod', command: {} },
    { cluster: 'prod', command, more: 1 },
    [],
  ])('refuses %j', async (body) => {
    const test = endpointWith(sender());
    expect((await test.post('/api/commands', body, { headers: login })).status).toBe(400);
    expect(seen).toEqual([]);
    await test.stop();
  });

  it('wants the account, and nothing from pages of other sites', async () => {
    const test = endpointWith(sender());
    const ask = (headers: Record<string, string>) =>
      test.post('/api/commands', { cluster: 'prod', command }, { headers });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ 'x-api-key': 'wrong' })).status).toBe(401);
    expect((await ask({ ...login, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).status).toBe(403);
    const basic = Buffer.from(`acme:${key}`).toString('base64');
    expect((await ask({ authorization: `Basic ${basic}` })).status).toBe(202);
    expect(seen).toHaveLength(1);
    await test.stop();
  });
});
