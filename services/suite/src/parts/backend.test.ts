import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, createMetrics, noopTracer, systemClock } from '@kso/kit';
import { until } from '@kso/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSuite, type Suite, suiteConfig } from '../service.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'naughty', namespace: 'shop' },
  spec: { containers: [{ name: 'app', image: 'registry.invalid/app:1' }] },
};
const anyPorts = { endpoint: 0, gateway: 0, gatewayWs: 0, operator: 0, scanner: 0, kubevuln: 0, health: 0 };
const logger = createLogger({ service: 'test', level: 'silent' });
const hour = 60 * 60_000;

interface Seen {
  readonly path: string;
  readonly key: string | undefined;
}

let folder: string;
let closers: (() => Promise<unknown> | void)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kso-backend-'));
  writeFileSync(join(folder, 'pod.json'), JSON.stringify(pod));
  closers = [];
});
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
  rmSync(folder, { recursive: true, force: true });
});

/** A server that answers `answers[path]`, or 200, and remembers what it was asked. */
async function serve(answer: (request: IncomingMessage) => object | undefined = () => undefined) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    request.resume();
    seen.push({
      path: new URL(request.url ?? '', 'http://x').pathname,
      key: request.headers['x-api-key'] as string | undefined,
    });
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer(request) ?? {}));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** A suite in which an hour passes when the test says so. */
async function startSuite(backend: object, hourPasses = new Promise<void>(() => undefined)): Promise<Suite> {
  const config = suiteConfig.schema.parse({
    dataDir: join(folder, 'data'),
    clusterName: 'test',
    account: 'tenant',
    accessKey: 'key',
    ports: anyPorts,
    target: { type: 'manifests', name: 'pods', path: join(folder, 'pod.json') },
    images: { updateDatabase: false },
    backend,
  });
  let hasPassed = false;
  const suite = createSuite(config, {
    logger,
    loggerFor: () => logger,
    metrics: createMetrics(),
    tracer: noopTracer,
    clock: {
      now: systemClock.now,
      sleep: async (ms, signal) => {
        const sleeping = systemClock.sleep(ms, signal);
        await (ms === hour && !hasPassed ? Promise.race([hourPasses, sleeping]) : sleeping);
        if (ms === hour) hasPassed = true;
      },
    },
    env: { PATH: '/nowhere', KSO_TOOLS_DIR: join(folder, 'no-tools') },
  });
  await suite.start();
  closers.push(() => suite.stop());
  return suite;
}

const discovery = (url: () => string) => (request: IncomingMessage) =>
  request.url?.includes('servicediscovery') === true ? { response: { 'event-receiver-http': url() } } : undefined;
const reports = ({ seen }: { seen: Seen[] }) => seen.filter(({ path }) => path.startsWith('/k8s/'));

test('reports go where service discovery says, with the account key, and follow when it says something else', async () => {
  const [first, second] = [await serve(), await serve()];
  let receiver = first.url;
  const backend = await serve(discovery(() => receiver));
  const { promise, resolve } = Promise.withResolvers<void>();
  const suite = await startSuite({ url: backend.url }, promise);
  expect(suite.urls().endpoint).toBe(first.url);

  await suite.scanPosture();
  await until('the first receiver has a report', () => Promise.resolve(reports(first).length > 0));
  expect(new Set(reports(first).map(({ key }) => key))).toEqual(new Set(['key']));

  receiver = second.url;
  resolve();
  await until('the suite has heard of it', () => Promise.resolve(suite.urls().endpoint === second.url));
  const command = JSON.stringify({ commands: [{ CommandName: 'kubescapeScan', args: { scanV1: {} } }] });
  await fetch(`${suite.urls().operator}/v1/triggerAction`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: command,
  });
  await until('the second receiver has a report', () => Promise.resolve(reports(second).length > 0));
  expect(reports(backend)).toEqual([]);
});

test('a backend that is away when the suite starts is reported to where it was', async () => {
  const receiver = await serve();
  const backend = await serve(discovery(() => receiver.url));
  const before = await startSuite({ url: backend.url });
  await before.stop();
  const suite = await startSuite({ url: 'http://127.0.0.1:9' });
  expect(suite.urls().endpoint).toBe(receiver.url);
});

test.each([true, false])(
  'without discovered addresses reports go where the configuration says (known beforehand: %s)',
  async (isKnown) => {
    const [asked, known] = [await serve(), await serve()];
    const suite = await startSuite({ url: asked.url, ...(isKnown ? { reportUrl: known.url } : {}) });
    await suite.scanPosture();
    const receiver = isKnown ? known : asked;
    await until('a report has arrived', () => Promise.resolve(reports(receiver).length > 0));
    expect(suite.urls().endpoint).toBe(receiver.url);
    expect(asked.seen.some(({ path }) => path.includes('servicediscovery'))).toBe(!isKnown);
  },
);
