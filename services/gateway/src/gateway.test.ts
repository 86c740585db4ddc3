import { connect } from 'node:net';
import { until } from '@kso/testkit';
import { serialize } from 'bson';
import { afterEach, describe, expect, it } from 'vitest';
import { closeAll, connectClient, notification, post, refusal, startGateway } from './test-gateway.ts';

afterEach(closeAll);

const account = { customerGUID: 'A' };
const c1 = { customerGUID: 'A', clusterName: 'c1' };
const c2 = { customerGUID: 'A', clusterName: 'c2' };

describe('delivery', () => {
  it('vector 8, vector 9: reaches only the cluster that is named, or all of an account, as one binary frame with the same bytes', async () => {
    const gateway = await startGateway();
    const [one, two] = [await connectClient(gateway, c1), await connectClient(gateway, c2)];
    const body = notification({ ...c1, dest: 'trigger' }, { sendSynchronicity: true });
    const response = await post(gateway, body);
    expect([response.status, await response.text()]).toEqual([200, '[]']);
    const frame = await one.next();
    expect([frame.bytes.toString(), frame.binary]).toEqual([body, true]);
    // Both get the next one; if the first had gone to the other client as well, it would be in front of it.
    const toAll = notification(account);
    await post(gateway, toAll);
    expect((await one.next()).bytes.toString()).toBe(toAll);
    expect((await two.next()).bytes.toString()).toBe(toAll);
  });

  it('vector 11: takes BSON with lower-case keys and hands on the same bytes', async () => {
    const gateway = await startGateway();
    const client = await connectClient(gateway, c1);
    const body = Buffer.from(serialize({ target: c1, sendsynchronicity: true, notification: Buffer.from('{}') }));
    expect((await post(gateway, body)).status).toBe(200);
    expect((await client.next()).bytes.equals(body)).toBe(true);
  });

  it('routes what a client sends, to itself too, whatever the kind of frame', async () => {
    const gateway = await startGateway();
    const [sender, other] = [await connectClient(gateway, c1), await connectClient(gateway, c2)];
    const body = notification(account);
    sender.socket.send(body);
    expect([(await sender.next()).binary, (await other.next()).bytes.toString()]).toEqual([true, body]);
  });

  it('nobody there is a success, and the answer says how many were there', async () => {
    const gateway = await startGateway();
    const response = await post(gateway, notification(account, { sendSynchronicity: true }));
    expect([response.status, await response.text()]).toEqual([200, '[]']);
    expect(response.headers.get('x-notification-receivers')).toBe('0');
    await connectClient(gateway, c1);
    const other = await post(gateway, notification(account));
    expect(other.headers.get('x-notification-receivers')).toBe('1');
  });

  it('keeps the order for each client', async () => {
    const gateway = await startGateway();
    const client = await connectClient(gateway, c1);
    const sender = await connectClient(gateway, { other: 'x' });
    const bodies = Array.from({ length: 200 }, (_, n) => notification(c1, { n }));
    for (const body of bodies) sender.socket.send(body);
    const received: string[] = [];
    for (const _ of bodies) received.push((await client.next()).bytes.toString());
    expect(received).toEqual(bodies);
  });

  it('counts', async () => {
    const gateway = await startGateway();
    const client = await connectClient(gateway, c1);
    await post(gateway, notification(c1, { sendSynchronicity: true }));
    await client.next();
    const metrics = await gateway.metrics();
    expect(metrics).toContain('kso_gateway_connections 1');
    expect(metrics).toContain('kso_gateway_notifications_total{source="rest"} 1');
    expect(metrics).toContain('kso_gateway_deliveries_total{outcome="sent"} 1');
    expect(metrics).not.toContain('kso_gateway_notifications_dropped_total{');
  });

  it('counts what is dropped, by where it came from and why', async () => {
    const gateway = await startGateway();
    await post(gateway, notification(c1));
    await post(gateway, 'nonsense');
    const sender = await connectClient(gateway, { other: 'x' });
    sender.socket.send('nonsense');
    await gateway.logged('client sent a bad notification');
    const metrics = await gateway.metrics();
    expect(metrics).toContain('kso_gateway_notifications_dropped_total{source="rest",reason="noReceiver"} 1');
    expect(metrics).toContain('kso_gateway_notifications_dropped_total{source="rest",reason="malformed"} 1');
    expect(metrics).toContain('kso_gateway_notifications_dropped_total{source="client",reason="malformed"} 1');
  });
});

describe('REST answers', () => {
  it('vector 10: an empty target is refused, nobody there is a success, a client without attributes is not let in', async () => {
    const gateway = await startGateway();
    const empty = await post(gateway, '{"target":{}}');
    expect([empty.status, await empty.text()]).toEqual([400, 'empty target']);
    const unheard = await post(gateway, notification(account));
    expect([unheard.status, await unheard.text()]).toEqual([200, '[]']);
    expect(await refusal(gateway, '/v1/waitfornotification')).toBe(400);
    const plain = await fetch(`${gateway.urls().websocket.replace('ws:', 'http:')}/v1/waitfornotification`);
    expect([plain.status, await plain.text()]).toEqual([400, 'no attributes received']);
  });

  it.each([
    ['POST', '{"target":{}}', 400, 'empty target'],
    ['POST', '{', 400, 'JSON'],
    ['POST', '', 400, 'JSON'],
    ['GET', undefined, 405, 'Method not allowed'],
    ['DELETE', undefined, 405, 'Method not allowed'],
  ])('%s %s: %s', async (method, payload, status, text) => {
    const gateway = await startGateway();
    const response = await gateway.rest.inject({
      method: method as 'POST',
      url: '/v1/sendnotification',
      ...(payload === undefined ? {} : { payload, headers: { 'content-type': 'application/json' } }),
    });
    expect([response.statusCode, response.body.includes(text)]).toEqual([status, true]);
  });

  it('the path is found behind a prefix, as upstream has it, and others are not', async () => {
    const { rest } = await startGateway();
    const status = async (url: string) =>
      (await rest.inject({ method: 'POST', url, payload: notification(account) })).statusCode;
    expect(await status('/x/v1/sendnotificationABC')).toBe(200);
    expect(await status('/v1/sendnotification/?x=y')).toBe(200);
    expect(await status('/v1/other')).toBe(404);
    expect(await status('/?x=/v1/sendnotification')).toBe(404);
  });

  it('describes itself, to programs and to people', async () => {
    const { rest } = await startGateway();
    const get = async (url: string) => (await rest.inject(url)).body;
    for (const url of ['/openapi.json', '/openapi/v2/swagger.yaml'])
      expect(JSON.parse(await get(url))).toMatchObject({ paths: { '/v1/sendnotification': { post: {} } } });
    for (const name of ['docs', 'rapi', 'swaggerui'])
      expect(await get(`/openapi/v2/${name}`)).toContain('/v1/sendnotification');
  });

  it('a body over the limit is refused', async () => {
    const gateway = await startGateway({ maxMessageSize: '1Ki' });
    expect((await post(gateway, notification(account, { x: 'y'.repeat(2000) }))).status).toBe(413);
  });
});

describe('pages of other sites', () => {
  it('send no notification', async () => {
    const gateway = await startGateway({ host: '127.0.0.1' });
    const send = async (headers: Record<string, string>) =>
      (
        await gateway.rest.inject({
          method: 'POST',
          url: '/v1/sendnotification',
          headers,
          payload: notification(account),
        })
      ).statusCode;
    expect(await send({ origin: 'https://evil.example.com' })).toBe(403);
    expect(await send({ host: 'evil.example.com' })).toBe(403);
    expect(await gateway.metrics()).not.toContain('kso_gateway_notifications_total{source="rest"}');
  });
});

describe('registration', () => {
  it('is refused without attributes, with a foreign origin, elsewhere and beyond the limit', async () => {
    const gateway = await startGateway({ host: '127.0.0.1', maxConnections: 1 });
    const path = '/v1/waitfornotification';
    expect(await refusal(gateway, path)).toBe(400);
    expect(await refusal(gateway, '/v1/other?a=b')).toBe(404);
    expect(await refusal(gateway, `${path}?a=b`, { origin: 'https://evil.example.com' })).toBe(403);
    const rebound = { headers: { host: 'evil.example.com' }, origin: 'http://evil.example.com' };
    expect(await refusal(gateway, `${path}?a=b`, rebound)).toBe(403);
    await connectClient(gateway, c1, { origin: gateway.urls().websocket.replace('ws:', 'http:') });
    expect(await refusal(gateway, `${path}?a=b`)).toBe(503);
  });

  it('without an upgrade it is answered as upstream does', async () => {
    const url = (await startGateway()).urls().websocket.replace('ws:', 'http:');
    const answer = async (path: string, method = 'GET') => {
      const response = await fetch(`${url}${path}`, { method });
      return [response.status, await response.text()];
    };
    expect(await answer('/v1/waitfornotification?a=b', 'POST')).toEqual([405, 'Method not allowed']);
    expect(await answer('/v1/waitfornotification')).toEqual([400, 'no attributes received']);
    expect((await answer('/v1/waitfornotification?a=b'))[0]).toBe(426);
    expect((await answer('/v1/nothing'))[0]).toBe(404);
  });

  it('ends with the connection', async () => {
    const gateway = await startGateway();
    const client = await connectClient(gateway, c1);
    client.socket.close();
    await gateway.logged('client disconnected');
    expect(await gateway.metrics()).toContain('kso_gateway_connections 0');
  });

  it('wants the key if one is configured', async () => {
    const gateway = await startGateway({ clientKey: 'k3y' });
    const headers = { 'x-api-key': 'k3y' };
    const client = await connectClient(gateway, c1, { headers });
    expect(await refusal(gateway, '/v1/waitfornotification?a=b')).toBe(401);
    expect(await refusal(gateway, '/v1/waitfornotification?a=b', { headers: { 'x-api-key': 'key' } })).toBe(401);
    expect((await post(gateway, notification(c1))).status).toBe(401);
    expect((await post(gateway, notification(c1), headers)).status).toBe(200);
    await client.next();
    expect(JSON.stringify(gateway.lines)).not.toContain('k3y');
  });
});

describe('bearer tokens', () => {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it('are accepted beside the key, for clients and senders', async () => {
    const gateway = await startGateway({ clientKey: 'k3y', access: { token: 't0ken' } });
    const client = await connectClient(gateway, c1, { headers: bearer('t0ken') });
    expect(await refusal(gateway, '/v1/waitfornotification?a=b', { headers: bearer('k3y') })).toBe(401);
    expect((await post(gateway, notification(c1), bearer('other'))).status).toBe(401);
    expect((await post(gateway, notification(c1), bearer('t0ken'))).status).toBe(200);
    expect((await post(gateway, notification(c1), { 'x-api-key': 'k3y' })).status).toBe(200);
    await client.next();
    await client.next();
    expect(JSON.stringify(gateway.lines)).not.toMatch(/t0ken|k3y/);
  });

  it('that nobody can check at present: come again', async () => {
    const tokens = { authenticate: () => Promise.resolve({ outcome: 'unavailable', detail: 'away' } as const) };
    const gateway = await startGateway({}, undefined, { tokens });
    expect(await refusal(gateway, '/v1/waitfornotification?a=b', { headers: bearer('x') })).toBe(503);
    const answer = await post(gateway, notification(c1), bearer('x'));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  });

  it('strangers whose tokens are being checked count as connections', async () => {
    const { promise, resolve } = Promise.withResolvers<{ outcome: 'refused' }>();
    const gateway = await startGateway({ maxConnections: 1 }, undefined, { tokens: { authenticate: () => promise } });
    const waiting = refusal(gateway, '/v1/waitfornotification?a=b', { headers: bearer('x') });
    await until('a full gateway', async () => (await refusal(gateway, '/v1/waitfornotification?a=b')) === 503);
    resolve({ outcome: 'refused' });
    expect(await waiting).toBe(401);
  });
});

it('a refused client that keeps its half of the connection open does not keep ours', async () => {
  const gateway = await startGateway();
  const socket = connect({
    port: Number(new URL(gateway.urls().websocket).port),
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  const gone = new Promise<Error>((resolve) => socket.once('error', resolve));
  // Writing to a peer that has closed both halves fails sooner or later; one that waits for us takes it all.
  const more = (): void => void socket.write('x', (error) => (error ? undefined : setImmediate(more)));
  socket.once('end', more).resume();
  socket.write(
    'GET /v1/waitfornotification HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n' +
      'sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  expect(await gone).toMatchObject({ code: expect.stringMatching(/EPIPE|ECONNRESET/) });
  socket.destroy();
});

describe('bad clients', () => {
  it.each(['nonsense', '{"target":{}}', '{"target":{"a":1}}'])(
    'that send %s are disconnected, others stay',
    async (frame) => {
      const gateway = await startGateway();
      const [bad, good] = [await connectClient(gateway, c1), await connectClient(gateway, c1)];
      bad.socket.send(frame);
      expect(await bad.closed).toBe(1008);
      await post(gateway, notification(c1));
      await good.next();
    },
  );

  it('that send more than the limit are disconnected', async () => {
    const gateway = await startGateway({ maxMessageSize: '1Ki' });
    const client = await connectClient(gateway, c1);
    client.socket.send(notification(c1, { x: 'y'.repeat(2000) }));
    expect(await client.closed).toBe(1009);
  });

  it('that do not read are cut off before they cost memory, and the others get everything', async () => {
    const gateway = await startGateway({ maxBuffered: '1Mi' });
    const [slow, good] = [await connectClient(gateway, c1), await connectClient(gateway, c1)];
    slow.socket.pause();
    const body = notification(c1, { x: 'y'.repeat(400_000) });
    const dropped = gateway.logged('client dropped');
    let sent = 0;
    while (!gateway.lines.some((line) => line['msg'] === 'client dropped')) {
      await post(gateway, body);
      await good.next();
      sent += 1;
    }
    expect(await dropped).toMatchObject({ reason: 'the client does not read fast enough' });
    expect(good.received).toBe(sent);
    await gateway.logged('client disconnected');
    expect(gateway.lines.filter((line) => line['msg'] === 'client dropped')).toHaveLength(1);
    expect(await gateway.metrics()).toContain('kso_gateway_connections 1');
  });

  it('a synchronous sender is told whom it did not reach', async () => {
    const gateway = await startGateway({ maxBuffered: '1Mi', sendTimeout: '50ms' });
    const slow = await connectClient(gateway, c1);
    slow.socket.pause();
    const body = notification(c1, { x: 'y'.repeat(900_000), sendSynchronicity: true });
    let response = await post(gateway, body);
    while (response.status === 200) response = await post(gateway, body);
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(
      /^in sendSingleNotification \{"customerGUID":"A","clusterName":"c1"\}, connection 1 is not alive, error: (time-out|the client does not read fast enough)$/,
    );
  });

  it('that stay silent are noticed, others are kept', async () => {
    const gateway = await startGateway({ clientSilence: '250ms' });
    const dead = await connectClient(gateway, c1, { autoPong: false });
    const alive = await connectClient(gateway, c1);
    expect(await dead.closed).toBe(1006);
    expect(alive.socket.readyState).toBe(alive.socket.OPEN);
    await post(gateway, notification(c1));
    await alive.next();
  });
});

it('says goodbye when it stops, and stops twice', async () => {
  const gateway = await startGateway();
  const client = await connectClient(gateway, c1);
  expect(gateway.notReady?.()).toBeUndefined();
  await gateway.stop();
  expect(await client.closed).toBe(1001);
  await gateway.stop();
});

it('client pings are answered', async () => {
  const client = await connectClient(await startGateway(), c1);
  const pong = new Promise((resolve) => client.socket.once('pong', resolve));
  client.socket.ping();
  await pong;
  expect(client.socket.readyState).toBe(client.socket.OPEN);
});
