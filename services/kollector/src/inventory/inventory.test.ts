import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, createLogger, createMetrics, noopTracer, readOutgoing, systemClock } from '@kso/kit';
import { createKubeClient, type KubeClient } from '@kso/kube';
import { createManualClock, type FakeApiServer } from '@kso/kube/testing';
import { expect, it, onTestFinished } from 'vitest';
import { pod, startCluster, startKollector } from '../test-kollector.ts';
import { createInventoryPart, inventoryConfigOf } from './inventory-part.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

interface Api {
  readonly url: string;
  /** What it says to everything. */
  readonly answer: { status: number };
  readonly reports: { cluster_name: string; containers: object[] }[];
}

async function startApi(status: number): Promise<Api> {
  const answer = { status };
  const reports: Api['reports'] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      if (request.method === 'POST')
        reports.push(JSON.parse(Buffer.concat(chunks).toString()) as Api['reports'][number]);
      const body = request.url === '/version' ? { service: { version: '5.9.0' } } : {};
      response.writeHead(answer.status).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, reports, answer };
}

function configOf(url: string, more: Readonly<Record<string, string>> = {}) {
  const env = { KAI_ANCHORE_URL: url, KAI_ANCHORE_USER: 'robot', KAI_ANCHORE_PASSWORD: 'pw', ...more };
  const settings = { inventory: { enabled: true }, clusterName: 'prod-1' };
  return inventoryConfigOf(settings, { env, cwd: '/nonexistent', home: '/nonexistent' }, logger);
}

function partOf(
  cluster: FakeApiServer,
  url: string,
  { clock = systemClock, more = {} }: { clock?: Clock; more?: Readonly<Record<string, string>> } = {},
) {
  const config = configOf(url, more);
  const client: KubeClient = createKubeClient(cluster.connection(), { clock: systemClock, userAgent: 'test' });
  onTestFinished(() => client.close());
  const base = { logger, metrics: createMetrics(), tracer: noopTracer, clock };
  return createInventoryPart(config, { ...base, client, outgoing: readOutgoing({}), env: {} });
}

async function startShop(): Promise<FakeApiServer> {
  const cluster = await startCluster();
  cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', uid: 'n' } });
  cluster.put({ ...pod('web', { images: { c: 'aa' } }), metadata: { name: 'web', namespace: 'shop', uid: 'p' } });
  return cluster;
}

it('reports inventories beside what it does, or alone', async () => {
  for (const triggerNewImageScan of [true, false]) {
    const cluster = await startShop();
    const api = await startApi(200);
    const { kollector } = await startKollector(
      { triggerNewImageScan },
      { cluster, inventory: partOf(cluster, api.url) },
    );
    await expect.poll(() => api.reports.length, { timeout: 15_000 }).toBe(1);
    expect(api.reports).toMatchObject([{ cluster_name: 'prod-1', namespaces: [{ name: 'shop' }] }]);
    await kollector.stop();
  }
});

it('an API that refuses inventories does not disturb the rest', async () => {
  const cluster = await startShop();
  const api = await startApi(401);
  const { kollector } = await startKollector({}, { cluster, inventory: partOf(cluster, api.url) });
  await expect
    .poll(() => kollector.remarks?.().join('\n'), { timeout: 15_000 })
    .toContain('inventory: the integration could not');
  await expect.poll(() => kollector.notReady?.(), { timeout: 15_000 }).toBeUndefined();
});

it('neither does a file that has gone when it is needed', async () => {
  const cluster = await startShop();
  const api = await startApi(200);
  const inventory = partOf(cluster, api.url, { more: { KAI_ANCHORE_HTTP_CA_FILE: '/nonexistent/ca.pem' } });
  const started = await startKollector({}, { cluster, inventory });
  await expect
    .poll(() => started.kollector.remarks?.().join('\n'), { timeout: 15_000 })
    .toContain('inventory: /nonexistent/ca.pem');
  cluster.put(pod('later', { images: { c: 'bb' } }));
  await started.receiver.until(2);
  expect(started.receiver.asked()).toHaveLength(2);
});

it('begins again when an API that had refused it takes it', async () => {
  const cluster = await startShop();
  const api = await startApi(500);
  const clock = createManualClock(0);
  const { kollector } = await startKollector({}, { cluster, inventory: partOf(cluster, api.url, { clock }) });
  await expect
    .poll(() => kollector.remarks?.().join('\n'), { timeout: 15_000 })
    .toContain('inventory: the integration could not');
  api.answer.status = 200;
  await clock.advance(10_000);
  await expect.poll(() => api.reports.length, { timeout: 15_000 }).toBe(1);
  await expect.poll(() => kollector.remarks?.() ?? []).toEqual([]);
});

it('a pattern that is none is told at the start', () => {
  expect(() => configOf('http://127.0.0.1:9', { KAI_NAMESPACE_SELECTORS_EXCLUDE: '^(' })).toThrow(
    'not a regular expression',
  );
});
