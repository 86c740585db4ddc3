import { createHttpClient, createLogger, readOutgoing, Secret } from '@kso/kit';
import { createManualClock } from '@kso/kube/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AnchoreServer } from '../testing/anchore-server.ts';
import { silent, startAnchore } from '../testing/start.ts';
import { createAnchoreClient } from './anchore-client.ts';
import { createReportSender } from './report-sender.ts';

const v2 = 'POST /v2/kubernetes-inventory';
const v1 = 'POST /v1/enterprise/kubernetes-inventory';

function senderFor(
  server: AnchoreServer,
  {
    gzip = false,
    base = '',
    format = 'k8s-inventory',
  }: { gzip?: boolean; base?: string; format?: 'k8s-inventory' | 'kai' } = {},
) {
  const clock = createManualClock();
  const log: string[] = [];
  const logger = createLogger({ service: 'test', level: 'warn', destination: { write: (line) => log.push(line) } });
  const http = createHttpClient({ outgoing: readOutgoing({}) });
  onTestFinished(() => http.close());
  const client = createAnchoreClient({ url: `${server.url}${base}`, timeoutMs: 60_000, gzip }, { http, clock, logger });
  const credentials = (account: string) => ({ user: `robot-${account}`, password: new Secret('p:w') });
  return {
    clock,
    log,
    sender: createReportSender({ format, defaultAccount: 'admin', credentials }, { client, logger: silent }),
  };
}

it('posts with user, account and JSON', async () => {
  const server = await startAnchore();
  const { sender } = senderFor(server);
  expect(await sender.send('admin', { a: 1 })).toEqual({
    ok: true,
    account: 'admin',
    user: 'robot-admin',
    problems: [],
  });
  expect(server.seen).toMatchObject([
    {
      route: v2,
      body: { a: 1 },
      headers: {
        authorization: `Basic ${Buffer.from('robot-admin:p:w').toString('base64')}`,
        'x-anchore-account': 'admin',
        'content-type': 'application/json',
      },
    },
  ]);
});

it('joins paths with one slash, and compresses when told', async () => {
  const server = await startAnchore();
  expect(await senderFor(server, { base: '/base/', gzip: true }).sender.send('admin', { a: 1 })).toMatchObject({
    ok: true,
  });
  expect(server.seen).toMatchObject([{ route: 'POST /base/v2/kubernetes-inventory', body: { a: 1 } }]);
});

describe('answers (acceptance 9)', () => {
  it('404: asks for the version, takes the older path and remembers it', async () => {
    const server = await startAnchore();
    server.plan(v2, { status: 404, body: { detail: 'not here' } });
    server.plan('GET /version', { status: 200, body: { api: {}, service: { version: '4.9.0' } } });
    const { sender } = senderFor(server);
    expect(await sender.send('admin', {})).toMatchObject({ ok: true });
    expect(await sender.send('admin', {})).toMatchObject({ ok: true });
    expect(server.seen.map(({ route }) => route)).toEqual([v2, 'GET /version', v1, v1]);
    expect(server.seen[1]?.headers.authorization).toBeUndefined();
  });

  it('403: one retry with the default account and its credentials', async () => {
    const server = await startAnchore();
    server.plan(v2, { status: 403, body: { message: 'no' } }, { status: 403, body: { message: 'still no' } });
    const { sender } = senderFor(server);
    const result = await sender.send('team', {});
    expect(result).toMatchObject({ ok: false, account: 'admin', problems: ['403: no', '403: still no'] });
    expect(server.seen.map(({ headers }) => headers['x-anchore-account'])).toEqual(['team', 'admin']);
    server.plan(v2, { status: 403, body: { message: 'no' } });
    expect(await sender.send('admin', {})).toMatchObject({ ok: false });
    expect(server.seen).toHaveLength(3);
  });

  it('404 for an unknown account is retried with the default one', async () => {
    const server = await startAnchore();
    server.plan(v2, { status: 404, body: { message: 'User account not found' } });
    server.plan('GET /version', { status: 200, body: { api: { version: '2' } } });
    expect(await senderFor(server).sender.send('team', {})).toMatchObject({ ok: true, account: 'admin' });
  });

  it('a page of HTML is an error, an empty body is not', async () => {
    const server = await startAnchore();
    server.plan(v2, { status: 200, body: '<html>log in</html>' }, { status: 204, body: '' });
    const { sender } = senderFor(server);
    expect(await sender.send('admin', {})).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('not JSON')],
    });
    expect(await sender.send('admin', {})).toMatchObject({ ok: true });
  });

  it('a redirect is not followed', async () => {
    const server = await startAnchore();
    server.plan(v2, { status: 302, headers: { location: '/elsewhere' } });
    expect(await senderFor(server).sender.send('admin', {})).toMatchObject({ ok: false });
    expect(server.seen).toHaveLength(1);
  });

  it('KAI’s path takes KAI’s document and is not changed', async () => {
    const server = await startAnchore();
    server.plan('POST /v1/enterprise/inventories', { status: 404, body: {} });
    expect(await senderFor(server, { format: 'kai' }).sender.send('admin', {})).toMatchObject({ ok: false });
    expect(server.seen).toHaveLength(1);
  });
});

it('waits 2, 8 and 30 s, or as long as it is told, while the API is busy', async () => {
  const server = await startAnchore();
  server.plan(v2, { status: 503 }, { status: 429, headers: { 'retry-after': '20' } }, { status: 502 });
  const { sender, clock, log } = senderFor(server);
  const sent = sender.send('admin', {});
  for (const wait of [2000, 20_000, 30_000]) {
    await clock.sleeping(wait);
    await clock.advance(wait - 1);
    await clock.advance(1);
  }
  expect(await sent).toMatchObject({ ok: true });
  expect(server.seen).toHaveLength(4);
  const told = log.map((line) => JSON.parse(line) as { attempt: number; waitMs: number; reason: string });
  expect(told.map(({ attempt, waitMs, reason }) => [attempt, waitMs, reason.slice(0, 4)])).toEqual([
    [1, 2000, '503:'],
    [2, 20_000, '429:'],
    [3, 30_000, '502:'],
  ]);
  expect(log.join('')).not.toContain('p:w');
});
