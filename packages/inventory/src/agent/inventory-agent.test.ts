import { createLogger } from '@kso/kit';
import { createManualClock } from '@kso/kube/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AnchoreServer } from '../testing/anchore-server.ts';
import { namespaceObject, nodeObject, podObject } from '../testing/builders.ts';
import { configOf, portsOf, startAnchore, startCluster } from '../testing/start.ts';
import { createInventoryAgent } from './inventory-agent.ts';
import { createInventoryRun } from './inventory-run.ts';

const inventories = 'POST /v2/kubernetes-inventory';
const registration = 'POST /v2/system/integrations/registration';
const health = 'POST /v2/system/integrations/u-1/health-report';
const namespaceKind = { group: '', kind: 'Namespace' };

async function start(flags: Readonly<Record<string, unknown>> = {}, { lines = [] as string[] } = {}) {
  const server = await startAnchore();
  const cluster = await startCluster();
  cluster.put(namespaceObject('shop', { owner: 'red' }));
  cluster.put(nodeObject('node-1'));
  cluster.put(podObject('p', { namespace: 'shop' }));
  const clock = createManualClock(Date.parse('2026-11-30T12:00:00Z'));
  const config = configOf({
    mode: 'periodic',
    'kubernetes.request-timeout-seconds': 7,
    'anchore.url': server.url,
    'anchore.user': 'robot',
    'anchore.password': 'hunter2',
    'kubeconfig.cluster': 'prod-1',
    ...flags,
  });
  const logger = createLogger({
    service: 'test',
    level: 'debug',
    destination: { write: (line) => void lines.push(line) },
  });
  const ports = portsOf(cluster, { clock, logger });
  const agent = createInventoryAgent(config, { ...ports, env: {}, version: '1.2.3' });
  onTestFinished(() => agent.stop());
  const knows = (version: string) => server.plan('GET /version', { status: 200, body: { service: { version } } });
  return { server, cluster, clock, config, ports, agent, knows };
}

describe('registration and health (acceptance 14)', () => {
  it('waits for an API that is down, registers, reports its health and the inventory', async () => {
    const { server, clock, agent, knows } = await start();
    server.plan('GET /version', { status: 503 }, { status: 503 }, { status: 502 });
    knows('5.11.0');
    server.plan(registration, { status: 504 }, { status: 200, body: { uuid: 'u-1' } });
    await agent.start();
    for (const wait of [2000, 4000, 8000]) {
      await clock.sleeping(wait);
      await clock.advance(wait);
    }
    await server.asked(registration, 1);
    await clock.sleeping(2000);
    expect(server.bodies(inventories)).toEqual([]);
    await clock.advance(2000);
    await server.asked(health, 1);
    await server.asked(inventories, 1);
    expect(server.bodies(registration)[1]).toMatchObject({
      registration_id: expect.stringMatching(/^[\da-f-]{36}$/),
      type: 'k8s_inventory_agent',
      version: '1.2.3',
      started_at: '2026-11-30T12:00:00Z',
      uptime: 16,
      username: 'robot',
      cluster_name: 'prod-1',
      health_report_interval: 60,
    });
    expect(server.bodies(registration)[1]).not.toHaveProperty('explicitly_account_bound');

    // Both loops rest: the next is the second health report, with what became of the inventory.
    await clock.sleeping(300_000);
    await clock.sleeping(60_000);
    await clock.advance(60_000);
    await server.asked(health, 2);
    expect(server.bodies(health)[1]).toEqual({
      uuid: expect.stringMatching(/^[\da-f-]{36}$/),
      protocol_version: 1,
      timestamp: '2026-11-30T12:01:16Z',
      uptime: 76,
      health_report_interval: 60,
      health_data: {
        type: 'k8s_inventory_agent',
        version: 1,
        errors: [],
        account_k8s_inventory_reports: {
          admin: {
            report_timestamp: '2026-11-30T12:00:16Z',
            account_name: 'admin',
            sent_as_user: 'robot',
            batch_size: 1,
            last_successful_index: 1,
            has_errors: false,
            batches: [{ batch_index: 1, send_timestamp: '2026-11-30T12:00:16Z' }],
          },
        },
      },
    });
  });

  it('says why it waits', async () => {
    const lines: string[] = [];
    const { server, clock, agent } = await start({}, { lines });
    server.plan('GET /version', { status: 503, body: { message: 'under repair' } });
    await agent.start();
    await clock.sleeping(2000);
    expect(lines.join('')).toContain('503: under repair');
  });

  it('an API before 5.11 gets inventories without registration', async () => {
    const { server, agent, knows } = await start();
    knows('5.10.3');
    await agent.start();
    await server.asked(inventories, 1);
    expect(server.bodies(registration)).toEqual([]);
    await expect.poll(() => agent.notReady?.()).toBeUndefined();
  });

  it('an API that has no registration gets inventories too', async () => {
    const { server, agent, knows } = await start();
    knows('5.12.0');
    server.plan(registration, { status: 404, body: { detail: 'The requested URL was not found on the server' } });
    await agent.start();
    await server.asked(inventories, 1);
    expect(server.bodies(registration)).toHaveLength(1);
  });

  it('a refusal ends it', async () => {
    const { server, agent, knows } = await start();
    knows('5.11.0');
    server.plan(registration, { status: 401, body: { message: 'unauthorized' } });
    await agent.start();
    await expect(agent.ended).rejects.toMatchObject({ code: 'REGISTRATION_REFUSED' });
    expect(agent.notReady?.()).toContain('401: unauthorized');
    expect(server.bodies(inventories)).toEqual([]);
  });
});

describe('the loop', () => {
  it('goes on after a failure, and sends nothing that it could not read (acceptance 8)', async () => {
    const { server, cluster, clock, agent, knows } = await start();
    knows('5.10.0');
    cluster.refuse(namespaceKind, 403);
    await agent.start();
    await clock.sleeping(300_000);
    expect(agent.notReady?.()).toContain('nothing was collected');
    expect(server.bodies(inventories)).toEqual([]);
    cluster.refuse(namespaceKind, undefined);
    await clock.advance(300_000);
    await server.asked(inventories, 1);
    await clock.sleeping(300_000);
    expect(agent.notReady?.()).toBeUndefined();
    await clock.advance(299_999);
    cluster.refuse(namespaceKind, 403);
    await clock.advance(1);
    await clock.sleeping(300_000);
    await clock.advance(300_000);
    await clock.sleeping(300_000);
    expect(agent.notReady?.()).toBeUndefined();
    await clock.advance(300_000);
    expect(agent.notReady?.()).toContain('nothing was collected');
  });

  it('without an API answers those who ask, and nobody else', async () => {
    const { server, agent } = await start({ 'anchore.password': '', 'pull.port': 0, 'pull.token': 'let-me-in' });
    await agent.start();
    const url = `${agent.pullUrl()}/v1/inventory`;
    expect((await fetch(url)).status).toBe(401);
    const headers = { authorization: 'Bearer let-me-in' };
    await expect.poll(async () => (await fetch(url, { headers })).status).toBe(200);
    const documents = await Promise.all(
      ['', '?format=kai'].map(async (query) => (await fetch(`${url}${query}`, { headers })).json()),
    );
    expect(documents).toMatchObject([
      { cluster_name: 'prod-1', containers: [{ image_tag: 'nginx:1.27' }] },
      { inventory_type: 'kubernetes' },
    ]);
    expect(server.seen).toEqual([]);
  });

  it('is not configured without a token', async () => {
    await expect(start({ 'pull.port': 0 })).rejects.toThrow('pull.token: is needed with pull.port');
  });
});

describe('an account that lost its last namespace', () => {
  const byLabel = { 'account-route-by-namespace-label.key': 'owner', 'kubernetes.worker-pool-size': 1 };
  const accounts = (server: AnchoreServer) =>
    server.seen.splice(0).map(({ headers, body }) => {
      const { containers } = body as { containers: unknown[] };
      return [headers['x-anchore-account'], containers.length];
    });

  it('hears of it once', async () => {
    const { server, cluster, config, ports } = await start(byLabel);
    const task = createInventoryRun(config, ports);
    onTestFinished(() => task.close());
    await task.run();
    expect(accounts(server)).toEqual([['red', 1]]);
    cluster.put(namespaceObject('shop', { owner: 'blue' }));
    await task.run();
    expect(accounts(server)).toEqual([
      ['blue', 1],
      ['red', 0],
    ]);
    await task.run();
    expect(accounts(server)).toEqual([['blue', 1]]);
  });

  it('does not empty the default account, which took its report', async () => {
    const { server, cluster, config, ports } = await start(byLabel);
    const task = createInventoryRun(config, ports);
    onTestFinished(() => task.close());
    server.plan(inventories, { status: 403 });
    await task.run();
    expect(accounts(server)).toEqual([
      ['red', 1],
      ['admin', 1],
    ]);
    // Not known, and the default account cannot be told either: it keeps what it has.
    server.plan(inventories, { status: 403 }, { status: 500 });
    await task.run();
    expect(accounts(server)).toEqual([
      ['red', 1],
      ['admin', 1],
    ]);
    // Known now: what the default account has for it is gone from there.
    await task.run();
    expect(accounts(server)).toEqual([
      ['red', 1],
      ['admin', 0],
    ]);
    // An empty report for an account that was deleted stays there.
    cluster.put(namespaceObject('shop', { owner: 'blue' }));
    server.plan(inventories, { status: 200 }, { status: 403 });
    expect((await task.run()).reports.map(({ isSent }) => isSent)).toEqual([true, true]);
    expect(accounts(server)).toEqual([
      ['blue', 1],
      ['red', 0],
    ]);
    await task.run();
    expect(accounts(server)).toEqual([['blue', 1]]);
  });

  it('does not when its namespace could not be read', async () => {
    const { server, cluster, config, ports } = await start(byLabel);
    cluster.put(namespaceObject('data', { owner: 'green' }));
    cluster.put(podObject('q', { namespace: 'data' }));
    let unreadable = '';
    const client: typeof ports.client = {
      ...ports.client,
      list: (kind, filter) => {
        const isRefused = kind.kind === 'Pod' && filter?.namespace === unreadable;
        cluster.refuse({ group: '', kind: 'Pod' }, isRefused ? 403 : undefined);
        return ports.client.list(kind, filter);
      },
    };
    const task = createInventoryRun(config, { ...ports, client });
    onTestFinished(() => task.close());
    await task.run();
    expect(accounts(server)).toEqual([
      ['green', 1],
      ['red', 1],
    ]);
    unreadable = 'data';
    await task.run();
    expect(accounts(server)).toEqual([['red', 1]]);
  });
});

it('no secret stands in the log, at debug neither (acceptance 17)', async () => {
  const lines: string[] = [];
  const { server, agent, knows, clock } = await start({}, { lines });
  knows('5.10.0');
  server.plan(inventories, { status: 401, body: { message: 'who are you' } });
  await agent.start();
  await server.asked(inventories, 1);
  await clock.sleeping(300_000);
  const log = lines.join('');
  expect(log).toContain('who are you');
  expect(log).not.toContain('hunter2');
  expect(log).not.toContain(Buffer.from('robot:hunter2').toString('base64'));
});
