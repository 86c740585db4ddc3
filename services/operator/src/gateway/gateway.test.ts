import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger, createMetrics, errorFactory, noopTracer, systemClock } from '@kso/kit';
import { queueErrors } from '@kso/queue';
import { serialize } from 'bson';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { CommandDesk } from '../commands/command-desk.ts';
import { operatorMetrics } from '../operator-metrics.ts';
import { patiently, type TestOperator, testOperator } from '../testing/test-operator.ts';
import { gatewayCommands } from './gateway-commands.ts';
import { gatewayUrl, otherScheme } from './gateway-url.ts';
import { decodeFrame } from './notification.ts';

const scan = { commandName: 'kubescapeScan', args: { scanV1: {} } };
const notification = (commands: unknown, dest = 'trigger') => ({
  target: { customerGUID: '1111-aaaa', clusterName: 'prod', clusterComponent: 'InClusterTriggerHandler', dest },
  sendSynchronicity: true,
  notification: commands,
});

describe('frames', () => {
  const json = JSON.stringify(notification({ commands: [scan] }));
  const bson = Buffer.from(serialize({ ...notification({ commands: [scan] }), sendsynchronicity: true }));

  it.each([
    ['JSON', Buffer.from(json)],
    ['BSON', bson],
    [
      'BSON with a binary payload',
      Buffer.from(serialize(notification(Buffer.from(JSON.stringify({ commands: [scan] }))))),
    ],
    [
      'keys in other cases',
      Buffer.from(JSON.stringify({ Target: { dest: 'kubescape' }, Notification: { Commands: [scan] } })),
    ],
  ])('vector 12: reads %s', (_name, frame) => {
    expect(decodeFrame(frame)).toMatchObject({ type: 'commands', commands: [scan] });
  });

  it('reads BSON whose length looks like the beginning of JSON', () => {
    // 0x7b is "{": pad the document until its length ends in that byte.
    for (let padding = 0; padding < 300; padding += 1) {
      const frame = Buffer.from(serialize({ ...notification({ commands: [scan] }), padding: 'x'.repeat(padding) }));
      if (frame[0] !== 0x7b) continue;
      expect(decodeFrame(frame)).toMatchObject({ type: 'commands', commands: [scan] });
      return;
    }
    expect.fail('no padding gives that length');
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'ignored'],
    ['another destination', Buffer.from(JSON.stringify(notification({ commands: [scan] }, 'other'))), 'ignored'],
    ['no target', Buffer.from('{"notification":{"commands":[]}}'), 'ignored'],
    ['no JSON', Buffer.from('{"target":'), 'malformed'],
    ['random bytes', Buffer.from([7, 0, 255, 3, 9, 200]), 'malformed'],
    ['a payload of a wrong type', Buffer.from(JSON.stringify(notification({ commands: 'all' }))), 'malformed'],
    ['a list', Buffer.from('[]'), 'malformed'],
  ])('vector 13: survives %s', (_name, frame, type) => {
    expect(decodeFrame(frame).type).toBe(type);
  });
});

it.each([
  ['gateway:8001', 'ws://gateway:8001/'],
  ['ws://gateway:8001', 'ws://gateway:8001/'],
  ['wss://gw.example.com/other?x=1', 'wss://gw.example.com/'],
])('registers at %s with its attributes in order', (address, base) => {
  const url = gatewayUrl(address, { account: '1111-aaaa', clusterName: 'prod one' });
  const query = 'clusterComponent=InClusterTriggerHandler&clusterName=prod+one&customerGUID=1111-aaaa';
  expect(url?.href).toBe(`${base}v1/waitfornotification?${query}`);
});

it('registers without an account where there is none', () => {
  const url = gatewayUrl('gateway:8001', { account: '', clusterName: 'prod' });
  expect(url?.search).toBe('?clusterComponent=InClusterTriggerHandler&clusterName=prod');
});

it('knows the other scheme, and what is no address', () => {
  expect(otherScheme(new URL('ws://gateway:8001/a?b'), true)?.href).toBe('wss://gateway:8001/a?b');
  expect(otherScheme(new URL('wss://gateway/a'), false)?.href).toBe('ws://gateway/a');
  // The key would go out in the clear.
  expect(otherScheme(new URL('wss://gateway/a'), true)).toBeUndefined();
  expect(gatewayUrl('', { account: '', clusterName: '' })).toBeUndefined();
});

describe('connection', () => {
  let server: WebSocketServer;
  let operator: TestOperator | undefined;
  const requests: { url: string; key: string | undefined }[] = [];

  beforeEach(async () => {
    server = await listen();
  });
  afterEach(async () => {
    await operator?.stop();
    operator = undefined;
    requests.length = 0;
    await close(server);
  });

  async function listen(port = 0): Promise<WebSocketServer> {
    const gateway = new WebSocketServer({ host: '127.0.0.1', port });
    gateway.on('connection', (_socket, request) =>
      requests.push({ url: request.url ?? '', key: request.headers['x-api-key'] as string | undefined }),
    );
    await once(gateway, 'listening');
    return gateway;
  }

  async function close(gateway: WebSocketServer): Promise<void> {
    for (const client of gateway.clients) client.terminate();
    await new Promise((resolve) => gateway.close(resolve));
  }

  const portOf = (gateway: WebSocketServer): number => (gateway.address() as AddressInfo).port;

  async function connect(gateway: Record<string, unknown> = {}): Promise<{ test: TestOperator; socket: WebSocket }> {
    const url = `127.0.0.1:${portOf(server)}`;
    const test = testOperator({
      config: { gateway: { url, key: 'k3y', backoffMin: '20ms', backoffMax: '40ms', pingInterval: '10s', ...gateway } },
    });
    operator = test;
    const connected = once(server, 'connection');
    await test.operator.start();
    const [socket] = (await connected) as [WebSocket];
    return { test, socket };
  }

  it('registers, and carries out what comes as text and as binary', async () => {
    const { test, socket } = await connect();
    expect(requests[0]?.url).toContain('clusterName=prod&customerGUID=1111-aaaa');
    expect(requests[0]?.key).toBe('k3y');
    await expect.poll(() => test.operator.remarks?.(), patiently).toEqual([]);
    const withId = (jobID: string) => notification({ commands: [{ ...scan, jobTracking: { jobID, numSeq: 7 } }] });
    socket.send(Buffer.from(JSON.stringify(withId('from-json'))), { binary: true });
    socket.send(Buffer.from(serialize(withId('from-bson'))), { binary: false });
    await expect.poll(() => test.queue.getParent('from-json'), patiently).toBeDefined();
    await expect.poll(() => test.queue.getParent('from-bson'), patiently).toBeDefined();
    await expect.poll(() => test.queue.list({ kind: 'posture-scan', limit: 5 }), patiently).toHaveLength(2);
    const report = test.reports().find(({ jobID }) => jobID === 'from-json');
    expect(report).toMatchObject({ reporter: 'WebSocket', numSeq: 1 });
  });

  it('shows the token of a file, as it is then, and tells what keeps it from doing so', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kso-token-'));
    const tokenFile = path.join(folder, 'token');
    let shown: string | undefined;
    server.on('connection', (_socket, request) => (shown = request.headers.authorization));
    const url = `127.0.0.1:${portOf(server)}`;
    const test = testOperator({ config: { gateway: { url, tokenFile, backoffMin: '20ms', backoffMax: '40ms' } } });
    operator = test;
    await test.operator.start();
    await expect.poll(() => test.log.join(''), patiently).toContain('no connection to the gateway');
    writeFileSync(tokenFile, 't0ken\n');
    await expect.poll(() => shown, patiently).toBe('Bearer t0ken');
    expect(test.log.join('')).not.toContain('t0ken');
    rmSync(folder, { recursive: true });
  });

  it('keeps the connection when a frame makes no sense or is for others', async () => {
    const { test, socket } = await connect();
    for (const frame of ['{', '', 'text', JSON.stringify(notification({ commands: [scan] }, 'other'))])
      socket.send(frame);
    socket.send(JSON.stringify(notification({ commands: [{ ...scan, jobTracking: { jobID: 'after' } }] })));
    await expect.poll(() => test.queue.getParent('after'), patiently).toBeDefined();
    expect(await test.queue.listParents({ limit: 10 })).toHaveLength(1);
    expect(requests).toHaveLength(1);
    expect(test.log.join('')).toContain('a notification was not understood');
  });

  it('B34 comes back when the gateway does, without a storm', async () => {
    const { test, socket } = await connect();
    socket.terminate();
    await once(server, 'connection');
    const port = portOf(server);
    await close(server);
    await expect.poll(() => test.operator.remarks?.(), patiently).toEqual(['no connection to the gateway']);
    await expect.poll(() => waits(test).length, patiently).toBeGreaterThan(4);
    expect(Math.min(...waits(test))).toBeGreaterThanOrEqual(10);
    expect(test.operator.notReady?.()).toBeUndefined();
    server = await listen(port);
    await expect.poll(() => test.operator.remarks?.(), patiently).toEqual([]);
  });

  const waits = ({ log }: TestOperator): number[] =>
    log
      .map((line) => JSON.parse(line) as { msg: string; delayMs: number })
      .filter(({ msg }) => msg === 'no connection to the gateway')
      .map(({ delayMs }) => delayMs);

  it('drops a connection on which nothing answers', async () => {
    const { test, socket } = await connect({ pingInterval: '30ms' });
    // The other side is there and silent: no pongs.
    socket.pause();
    await once(server, 'connection');
    expect(test.log.join('')).toContain('the gateway does not answer pings');
  });

  it('tries the other scheme once when an upgrade is refused', async () => {
    const { test, socket } = await connect();
    const port = portOf(server);
    server.shouldHandle = () => false;
    socket.terminate();
    await expect.poll(() => test.log.join(''), patiently).toMatch(/"reason":"the gateway answered 400; as wss: \w/);
    expect(port).toBe(portOf(server));
    server.shouldHandle = () => true;
    await expect.poll(() => test.operator.remarks?.(), patiently).toEqual([]);
  });
});

it('B39 asks a desk whose queue is away until it takes the commands, under the same ids', async () => {
  const asked: string[] = [];
  const desk: Pick<CommandDesk, 'submit'> = {
    submit: async ([command]) => {
      asked.push(command?.jobTracking.jobID ?? '');
      if (asked.length < 30) throw errorFactory(queueErrors)('QUEUE_UNAVAILABLE', { reason: 'Redis is away' });
      return [];
    },
  };
  const metrics = createMetrics();
  const ports = {
    clock: { ...systemClock, sleep: () => Promise.resolve() },
    logger: createLogger({ service: 'test', level: 'silent' }),
    metrics,
    tracer: noopTracer,
    meters: operatorMetrics(metrics),
  };
  const take = gatewayCommands(desk, ports, new AbortController().signal);
  await take(Buffer.from(JSON.stringify(notification({ commands: [scan] }))));
  expect(asked).toHaveLength(30);
  expect(new Set(asked).size).toBe(1);
});
