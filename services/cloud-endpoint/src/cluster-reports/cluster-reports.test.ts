import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { startTestEndpoint } from '../testing/endpoint.ts';

async function start(config: object = {}) {
  const endpoint = startTestEndpoint(config);
  onTestFinished(() => endpoint.stop());
  await endpoint.endpoint.start();
  return endpoint;
}
type Endpoint = Awaited<ReturnType<typeof start>>;

async function connect({ endpoint }: Endpoint, query = 'clusterName=prod/1&customerGUID=', key = '') {
  const url = (endpoint.url() ?? '').replace('http', 'ws');
  const socket = new WebSocket(`${url}/k8s/cluster-reports?${query}`, { headers: { 'X-API-KEY': key } });
  // A refused one says so by its status.
  socket.on('error', () => {});
  onTestFinished(() => socket.terminate());
  const closed = new Promise<string>((resolve) =>
    socket.once('close', (code, reason) => resolve(`${code} ${reason.toString()}`)),
  );
  const status = await new Promise<number>((resolve) => {
    socket.once('open', () => resolve(101));
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
  });
  return { socket, closed, status };
}

/** Sends, and waits until what was sent was dealt with: a pong comes after it. */
async function send(socket: WebSocket, ...frames: object[]) {
  for (const frame of frames) socket.send(JSON.stringify(frame));
  const answered = new Promise((resolve) => socket.once('pong', resolve));
  socket.ping();
  await answered;
}

async function state({ get }: Endpoint, path = 'state', cluster = 'prod-1') {
  const { status, text } = await get(`/api/clusters/${cluster}/${path}`);
  return { status, body: JSON.parse(text) as Record<string, unknown> };
}
const podNames = async (endpoint: Endpoint) =>
  ((await state(endpoint, 'state/objects?section=pod')).body['items'] as { podName: string }[]).map(
    ({ podName }) => podName,
  );

const pod = (podName: string, podStatus = 'Running') => ({ podName, namespace: 'shop', podStatus });
const first = (...pods: object[]) => ({
  firstReport: true,
  clusterAPIServerVersion: { gitVersion: 'v1.35.4;AWS' },
  cloudVendor: 'AWS',
  node: { create: [{ name: 'n1' }, { name: 'n2' }] },
  pod: { create: pods },
  installationData: { clusterName: 'prod-1' },
});

describe('reports of clusters', () => {
  it('are kept: what there is, and what has changed since', async () => {
    const endpoint = await start();
    const { socket } = await connect(endpoint);
    await send(socket, first(pod('a'), pod('b')), {
      firstReport: false,
      node: { delete: ['n2'] },
      pod: { create: [pod('c')], update: [pod('b', 'Failed')], delete: [pod('a', 'Terminating')] },
      microservice: { create: [{ podSpecId: 0, metadata: { name: 'b' } }] },
    });
    expect(await state(endpoint)).toEqual({
      status: 200,
      body: {
        isConnected: true,
        firstReportAt: '2026-11-30T12:00:00.000Z',
        lastReportAt: '2026-11-30T12:00:00.000Z',
        clusterAPIServerVersion: { gitVersion: 'v1.35.4;AWS' },
        cloudVendor: 'AWS',
        installationData: { clusterName: 'prod-1' },
        counts: { node: 1, service: 0, microservice: 1, pod: 2, secret: 0, namespace: 0 },
      },
    });
    const { body } = await state(endpoint, 'state/objects?section=pod&limit=1');
    expect(body).toEqual({ items: [pod('b', 'Failed')], next: 'shop/b' });
    const next = await state(endpoint, 'state/objects?section=pod&limit=1&after=shop/b');
    expect(next.body).toEqual({ items: [pod('c')] });
  });

  it('begin anew with each first report', async () => {
    const endpoint = await start();
    const one = await connect(endpoint);
    await send(one.socket, first(pod('a'), pod('b')));
    one.socket.terminate();
    const two = await connect(endpoint);
    await send(two.socket, first(pod('b')), { firstReport: false, pod: { create: [pod('c')] } });
    expect(await podNames(endpoint)).toEqual(['b', 'c']);
  });

  it('are those of the reporter whose first report came last', async () => {
    const endpoint = await start();
    const [old, newer] = [await connect(endpoint), await connect(endpoint)];
    await send(old.socket, first(pod('a')));
    await send(newer.socket, first(pod('b')));
    expect(await old.closed).toBe('1008 another reporter has taken over');
    expect(await podNames(endpoint)).toEqual(['b']);
    newer.socket.close();
    await newer.closed;
    await expect.poll(async () => (await state(endpoint)).body['isConnected']).toBe(false);
  });

  it.each([
    ['nonsense', 'no JSON', '1008 invalid'],
    ['a report without a beginning', '{"firstReport":false,"pod":{"create":[]}}', '1008 withoutFirstReport'],
    ['a list that is none', '{"firstReport":true,"pod":{"create":7}}', '1008 invalid'],
  ])('%s ends the connection', async (_name, text, expected) => {
    const endpoint = await start();
    const { socket, closed } = await connect(endpoint);
    socket.send(text);
    expect(await closed).toBe(expected);
    expect((await state(endpoint)).status).toBe(404);
  });

  it('leave out what names no object', async () => {
    const endpoint = await start();
    const { socket } = await connect(endpoint);
    await send(socket, first(pod('a'), { podName: 7 }, {}));
    expect(await podNames(endpoint)).toEqual(['a']);
  });

  it('of a frame that is too large, nothing', async () => {
    const endpoint = await start({ limits: { report: 1000 } });
    const { socket, closed } = await connect(endpoint);
    socket.send(JSON.stringify(first(pod('x'.repeat(2000)))));
    expect(await closed).toMatch(/^1009/);
  });

  it('need the key of an account, and are seen by it only', async () => {
    const accounts = ['one', 'two'].map((id) => ({ id, accessKey: `key of ${id}` }));
    const endpoint = await start({ accounts });
    expect((await connect(endpoint)).status).toBe(401);
    expect((await connect(endpoint, 'clusterName=prod-1&customerGUID=one', 'key of two')).status).toBe(401);
    const { socket } = await connect(endpoint, 'clusterName=prod-1&customerGUID=one', 'key of one');
    await send(socket, first(pod('a')));
    const statusFor = async (key: string) =>
      (await endpoint.get('/api/clusters/prod-1/state', { 'x-api-key': key })).status;
    expect(await statusFor('key of one')).toBe(200);
    expect(await statusFor('key of two')).toBe(404);
    expect((await endpoint.get('/api/clusters/prod-1/state')).status).toBe(401);
  });
});
