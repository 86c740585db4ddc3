import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { readOutgoing } from '@kso/kit';
import { freePort } from '@kso/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { linkBackoff } from './master-link.ts';
import { closeAll, connectClient, notification, post, startGateway } from './test-gateway.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  await closeAll();
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const quick = { masterBackoffMin: '5ms', masterBackoffMax: '20ms' };
const c1 = { customerGUID: 'A', clusterName: 'c1', clusterComponent: 'InClusterTriggerHandler' };
const c2 = { ...c1, clusterName: 'c2' };

/** A master that shows what it is asked and does as told. */
async function fakeMaster(options: { autoPong?: boolean } = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', autoPong: options.autoPong ?? true });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  const links: { socket: WebSocket; request: IncomingMessage }[] = [];
  let arrived = Promise.withResolvers<void>();
  server.on('connection', (socket, request) => {
    links.push({ socket, request });
    arrived.resolve();
    arrived = Promise.withResolvers<void>();
  });
  cleanups.push(() => {
    for (const { socket } of links) socket.terminate();
    server.close();
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    links,
    link: async (n: number) => {
      while (links.length < n) await arrived.promise;
      const found = links[n - 1];
      if (found === undefined) throw new Error('no such link');
      return found;
    },
  };
}

describe('a chain of master, edge and client', () => {
  it('brings a notification to the cluster that is named', async () => {
    const master = await startGateway();
    const edge1 = await startGateway({ masterUrl: master.urls().websocket, ...quick });
    const edge2 = await startGateway({ masterUrl: `${master.urls().websocket}/v1/waitfornotification`, ...quick });
    const one = await connectClient(edge1, c1);
    const two = await connectClient(edge2, c2);
    await edge1.logged('linked to the master gateway');
    await edge2.logged('linked to the master gateway');
    const toOne = notification({ customerGUID: 'A', clusterName: 'c1', dest: 'trigger' });
    const toAll = notification({ customerGUID: 'A' });
    await post(master, toOne);
    await post(master, toAll);
    expect([(await one.next()).bytes.toString(), (await one.next()).bytes.toString()]).toEqual([toOne, toAll]);
    expect((await two.next()).bytes.toString()).toBe(toAll);
  });

  it('does not send local notifications up', async () => {
    const master = await fakeMaster();
    const edge = await startGateway({ masterUrl: master.url, ...quick });
    const client = await connectClient(edge, c1);
    const { socket } = await master.link(1);
    const frames: unknown[] = [];
    socket.on('message', (data) => frames.push(data));
    client.socket.send(notification(c1));
    await client.next();
    // A ping that comes after it has been answered: nothing was in front of it.
    const pong = new Promise((resolve) => socket.once('pong', resolve));
    socket.ping();
    await pong;
    expect(frames).toEqual([]);
  });
});

describe('the link', () => {
  it('vector 14: is one per account, registers with the account only and shows the key', async () => {
    const master = await fakeMaster();
    const edge = await startGateway({ masterUrl: master.url, masterKey: 'k3y', ...quick });
    await connectClient(edge, c1);
    await connectClient(edge, c2);
    await connectClient(edge, { customerGUID: 'B', clusterName: 'c1' });
    await connectClient(edge, { clusterName: 'x', role: 'y' });
    await connectClient(edge, { customerGUID: '', clusterName: 'z' });
    const urls = new Set<string | undefined>();
    for (const n of [1, 2, 3, 4]) {
      const { request } = await master.link(n);
      expect(request.headers['x-api-key']).toBe('k3y');
      urls.add(request.url);
    }
    expect(urls).toEqual(
      new Set([
        '/v1/waitfornotification?clusterName=x&role=y',
        '/v1/waitfornotification?clusterName=z&customerGUID=',
        '/v1/waitfornotification?customerGUID=A',
        '/v1/waitfornotification?customerGUID=B',
      ]),
    );
    expect(master.links).toHaveLength(4);
    expect(JSON.stringify(edge.lines)).not.toContain('k3y');
  });

  it('cannot be made with a key that no header can carry: said in the log, and the gateway goes on', async () => {
    const master = await fakeMaster();
    const edge = await startGateway({ masterUrl: master.url, masterKey: 'ключ', ...quick });
    const client = await connectClient(edge, c1);
    const { reason } = await edge.logged('no link to the master gateway', 2);
    expect(reason).toContain('Invalid character in header content');
    await post(edge, notification(c1));
    expect((await client.next()).bytes.toString()).toBe(notification(c1));
  });

  it('is not made beyond the limit, and clients of known accounts are not concerned', async () => {
    const master = await fakeMaster();
    const edge = await startGateway({ masterUrl: master.url, maxMasterLinks: 1, ...quick });
    await connectClient(edge, c1);
    await master.link(1);
    const other = await connectClient(edge, { customerGUID: 'B' });
    expect(await edge.logged('too many links: a client gets none to the master')).toMatchObject({ limit: 1 });
    await connectClient(edge, c2);
    await edge.logged('client connected', 3);
    expect(master.links).toHaveLength(1);
    await post(edge, notification({ customerGUID: 'B' }));
    await other.next();
  });

  it('vector 15: is made again when it is lost, and clients stay connected', async () => {
    const master = await fakeMaster();
    const edge = await startGateway({ masterUrl: master.url, ...quick });
    const client = await connectClient(edge, c1);
    for (const n of [1, 2, 3, 4]) (await master.link(n)).socket.close();
    const { socket } = await master.link(5);
    const body = notification(c1);
    socket.send(body);
    expect((await client.next()).bytes.toString()).toBe(body);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });

  it('waits for a master that is not there yet, and says so', async () => {
    const port = await freePort();
    const edge = await startGateway({ masterUrl: `ws://127.0.0.1:${port}`, ...quick });
    const client = await connectClient(edge, c1);
    await edge.logged('no link to the master gateway', 2);
    expect([edge.notReady?.(), edge.remarks?.()]).toEqual([
      undefined,
      [`no link to the master gateway 127.0.0.1:${port}`],
    ]);
    expect(await edge.metrics()).toContain('kso_gateway_master_links{state="down"} 1');
    const master = await startGateway({ websocketPort: port });
    await edge.logged('linked to the master gateway');
    expect(edge.remarks?.()).toEqual([]);
    await post(master, notification(c1));
    await client.next();
  });

  it('is dropped and made again when the master does not answer pings', async () => {
    const master = await fakeMaster({ autoPong: false });
    const edge = await startGateway({ masterUrl: master.url, masterPingInterval: '10ms', ...quick });
    await connectClient(edge, c1);
    await master.link(2);
    expect(await edge.logged('no link to the master gateway')).toMatchObject({
      reason: 'the master does not answer pings',
    });
  });

  it('survives a bad frame', async () => {
    const master = await fakeMaster();
    const edge = await startGateway({ masterUrl: master.url, ...quick });
    const client = await connectClient(edge, c1);
    const { socket } = await master.link(1);
    socket.send('nonsense');
    socket.send(notification(c1));
    await client.next();
    expect(await edge.logged('the master sent a bad notification')).toBeDefined();
    expect(await edge.metrics()).toContain(
      'kso_gateway_notifications_dropped_total{source="master",reason="malformed"} 1',
    );
    expect(master.links).toHaveLength(1);
  });

  it('is given up a while after its last client is gone', async () => {
    const master = await fakeMaster();
    const edge = await startGateway({ masterUrl: master.url, masterLinger: '5ms', ...quick });
    const client = await connectClient(edge, c1);
    const { socket } = await master.link(1);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    client.socket.close();
    await closed;
    expect(await edge.metrics()).toContain('kso_gateway_master_links{state="up"} 0');
    await connectClient(edge, c1);
    await master.link(2);
  });

  it('does not become a loop when a gateway is its own master', async () => {
    const port = await freePort();
    const gateway = await startGateway({ websocketPort: port, masterUrl: `ws://127.0.0.1:${port}`, ...quick });
    const client = await connectClient(gateway, c1);
    expect(await gateway.logged('no link to the master gateway')).toMatchObject({
      reason: expect.stringContaining('508'),
    });
    await post(gateway, notification(c1));
    await client.next();
    expect(client.received).toBe(1);
  });

  it('B40 goes through the proxy', async () => {
    const master = await fakeMaster();
    const asked: (string | undefined)[] = [];
    const proxy = createServer();
    proxy.on('connect', (request: IncomingMessage, client: Duplex) => {
      asked.push(request.url);
      const upstream = connect(Number(new URL(master.url).port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on('error', () => client.destroy());
      client.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => proxy.close());
    const outgoing = readOutgoing({ http_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` });
    const edge = await startGateway({ masterUrl: 'ws://master.example.com', ...quick }, outgoing);
    const client = await connectClient(edge, c1);
    (await master.link(1)).socket.send(notification(c1));
    await client.next();
    expect(asked).toEqual(['master.example.com:80']);
  });

  it('stops while it waits and while it stands', async () => {
    const master = await fakeMaster();
    const standing = await startGateway({ masterUrl: master.url });
    const waiting = await startGateway({ masterUrl: 'ws://127.0.0.1:1', masterBackoffMin: '1h' });
    await connectClient(standing, c1);
    await connectClient(waiting, c1);
    const { socket } = await master.link(1);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await waiting.logged('no link to the master gateway');
    await waiting.stop();
    await standing.stop();
    await closed;
    expect(master.links).toHaveLength(1);
  });
});

it('the waits double, with jitter, from one second to a minute', () => {
  const bounds = (failures: number) =>
    [0, 0.999_999].map((r) => linkBackoff(failures, { minMs: 1000, maxMs: 60_000, random: () => r }));
  expect([1, 2, 3, 6, 50].map(bounds)).toEqual([
    [1000, 2000],
    [2000, 4000],
    [4000, 8000],
    [30_000, 60_000],
    [30_000, 60_000],
  ]);
});

it('a master URL that is none is refused when the gateway is made', async () => {
  await expect(startGateway({ masterUrl: 'ftp://x' })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    problems: [expect.stringContaining('masterUrl')],
  });
});
