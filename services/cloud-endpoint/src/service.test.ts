import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError, loadConfig, systemClock } from '@kso/kit';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answers, openApiDocument } from './api/openapi.ts';
import { cloudEndpointConfig } from './config.ts';
import { startTestEndpoint } from './testing/endpoint.ts';
import { containerScan, postureReport, scanFailure, systemReport } from './testing/reports.ts';

function start(config: object = {}) {
  const endpoint = startTestEndpoint(config, { clock: systemClock });
  onTestFinished(() => endpoint.stop());
  return endpoint;
}

function newFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-endpoint-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function fill(endpoint: ReturnType<typeof start>) {
  const control = { id: 'C-0057', paths: [{ fixPath: { path: 'spec.a', value: 'b' } }] };
  const skipped = { id: 'C-0069', status: 'skipped' as const, subStatus: 'integration', info: 'no host data' };
  await endpoint.post(
    '/k8s/v2/postureReport',
    postureReport({ objects: [{ name: 'web', file: 'web.yaml', controls: [control, skipped] }] }),
  );
  await endpoint.post(
    '/k8s/v2/containerScan',
    containerScan({ vulnerabilities: [{ name: 'CVE-1', fixedIn: '2' }], database: { label: 'sample' } }),
  );
  await endpoint.post('/k8s/v2/scanFailure', scanFailure({ error: 'no such image' }));
  await endpoint.post('/k8s/registryRepositories?registryName=harbor.example.com&jobID=job-1', [
    { repositoryName: 'team/api' },
  ]);
  await endpoint.post(
    '/k8s/sysreport',
    systemReport({ more: { details: 'on its way', errors: ['x'], parentAction: 'p' } }),
  );
}

/** Routes below `/api`, `/k8s`, `/v1` and `/v2`; Fastify shows them as a tree. */
function routesOf(app: FastifyInstance): string[] {
  const above: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', path = '', methods = ''] = /^([│├└─ ]*)(\S*)(?: \((.*)\))?$/.exec(line) ?? [];
      above.length = Math.max(0, indent.length / 4 - 1);
      const whole = above.join('') + path;
      above.push(path);
      const named = methods.split(', ').filter((method) => method !== '' && method !== 'HEAD');
      return /^\/((api|k8s|v1|v2)\/|version$)/.test(whole) ? named.map((method) => `${method} ${whole}`) : [];
    });
}

describe('the own API', () => {
  it('answers every route as its OpenAPI document says', async () => {
    const endpoint = start();
    await fill(endpoint);
    for (const [route, schema] of Object.entries(answers)) {
      const { status, text } = await endpoint.get(
        `${route.replace('{cluster}', 'minikube').replace('{job}', 'job-1')}?registry=harbor.example.com`,
      );
      expect([route, status]).toEqual([route, 200]);
      expect(schema.safeParse(JSON.parse(text)).error?.issues ?? []).toEqual([]);
    }
    const document = JSON.parse((await endpoint.get('/api/openapi.json')).text) as { openapi: string; paths: object };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([...Object.keys(answers), '/api/events', '/k8s/v2/postureReport']),
    );
  });

  it('describes every route that there is, and no other', async () => {
    const { app } = start().endpoint;
    await app.ready();
    const { paths } = openApiDocument() as { paths: Record<string, Record<string, unknown>> };
    const described = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((key) => key !== 'parameters')
        .map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(described.toSorted()).toEqual(routesOf(app).toSorted());
  });

  it('joins workloads with the images that they run', async () => {
    const endpoint = start();
    await fill(endpoint);
    const { text } = await endpoint.get('/api/clusters/minikube/workloads');
    // The failed scan is the newer news of this container.
    expect(JSON.parse(text)).toMatchObject({ items: [{ name: 'web', images: [{ container: 'web' }] }] });
  });

  it('finds workloads by namespace, kind, severity and text', async () => {
    const endpoint = start();
    const object = (name: string, namespace: string, id: string, scoreFactor: number, kind = 'Deployment') => ({
      name,
      namespace,
      kind,
      controls: [{ id, name: `about ${id}`, scoreFactor }],
    });
    const objects = [
      object('web', 'shop', 'C-1', 9),
      object('db', 'data', 'C-2', 4),
      object('job_1', 'shop', 'C-3', 2, 'CronJob'),
    ];
    await endpoint.post('/k8s/v2/postureReport', postureReport({ objects }));
    const names = async (query: string) =>
      (
        JSON.parse((await endpoint.get(`/api/clusters/minikube/workloads?${query}`)).text) as {
          items: { name: string }[];
        }
      ).items.map(({ name }) => name);
    expect(await names('')).toEqual(['web', 'db', 'job_1']);
    expect(await names('namespace=shop')).toEqual(['web', 'job_1']);
    expect(await names('kind=cronjob')).toEqual(['job_1']);
    expect(await names('severity=medium')).toEqual(['web', 'db']);
    expect(await names('text=ABOUT%20c-2')).toEqual(['db']);
    expect(await names('text=_1')).toEqual(['job_1']);
    expect(await names('status=notEvaluated')).toEqual([]);
  });

  it.each(['limit=0', 'severity=huge', 'after=nonsense', 'status=x'])('refuses the query %s', async (query) => {
    const endpoint = start();
    await fill(endpoint);
    expect(await endpoint.get(`/api/clusters/minikube/workloads?${query}`)).toMatchObject({ status: 400 });
  });

  it('says that a cluster is unknown', async () => {
    expect(await start().get('/api/clusters/nowhere/summary')).toMatchObject({
      status: 404,
      text: expect.stringContaining('CLUSTER_UNKNOWN'),
    });
  });

  it('names its services under the address that was asked, or the configured one', async () => {
    const asked = JSON.parse((await start().get('/api/v2/servicediscovery', { host: 'endpoint:8090' })).text) as object;
    expect(asked).toMatchObject({
      version: 'v2',
      response: { 'event-receiver-http': 'http://endpoint:8090', 'event-receiver-ws': 'ws://endpoint:8090' },
    });
    const configured = await start({ publicUrl: 'https://ce.example.com/', gatewayUrl: 'wss://gw' }).get(
      '/api/v3/servicediscovery',
    );
    expect(JSON.parse(configured.text)).toMatchObject({
      version: 'v3',
      response: { 'api-server': 'https://ce.example.com', gateway: 'wss://gw' },
    });
  });

  it('serves the page with a strict policy and no other file', async () => {
    const endpoint = start();
    const { status, headers, text } = await endpoint.get('/');
    expect([status, text]).toEqual([200, expect.stringContaining('<!doctype html>')]);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(text).not.toMatch(/<style|style=|<script>|https?:\/\//);
    expect(await endpoint.get('/../package.json')).toMatchObject({ status: 404 });
    expect(await endpoint.get('/nothing')).toMatchObject({ status: 404, text: expect.stringContaining('NOT_FOUND') });
  });
});

describe('a data folder', () => {
  it('keeps everything over a restart, written by a thread of its own', async () => {
    const dataDir = newFolder();
    const before = start({ dataDir });
    await fill(before);
    expect((await before.post('/k8s/v2/postureReport', '{}')).status).toBe(400);
    await before.stop();

    const after = start({ dataDir });
    expect((await after.get('/api/clusters/minikube/workloads')).text).toContain('"name":"web"');
    expect(
      (
        await after.post(
          '/k8s/sysreport',
          systemReport({ more: { details: 'on its way', errors: ['x'], parentAction: 'p' } }),
        )
      ).headers['idempotent-replayed'],
    ).toBe('true');
  });

  it('takes many reports at once without mixing them up', async () => {
    const endpoint = start({ dataDir: newFolder() });
    const sent = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        endpoint.post(
          '/k8s/sysreport',
          systemReport({
            jobId: index % 4 === 0 ? 'job' : `job-${index}`,
            sequence: 1 + (index % 8),
            more: { jobID: '', details: `${index}` },
          }),
          { gzip: index % 2 === 0, key: `k${index}` },
        ),
      ),
    );
    expect(new Set(sent.map(({ body }) => body)).size).toBe(40);
    expect(sent.every(({ status }) => status === 200)).toBe(true);
  });

  it('says what is wrong with it', () => {
    expect(() => start({ dataDir: '/proc/nowhere' })).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^STORE_/) }),
    );
  });

  it('removes old history and keeps the latest state', async () => {
    const endpoint = startTestEndpoint({ retention: { history: '1d', receipts: '1d' } });
    onTestFinished(() => endpoint.stop());
    await fill(endpoint);
    endpoint.setTime('2027-06-01T00:00:00Z');
    await endpoint.endpoint.start();
    const read = async (what: string) =>
      JSON.parse((await endpoint.get(`/api/clusters/minikube/${what}`)).text) as { items: unknown[] };
    expect((await read('jobs')).items).toHaveLength(0);
    expect((await read('receipts')).items).toHaveLength(0);
    expect((await read('workloads')).items).toHaveLength(1);
    expect((await read('vulnerabilities')).items).toHaveLength(1);
    expect(await read('summary')).toMatchObject({ posture: { isComplete: true } });
  });
});

describe('retention', () => {
  it.each([
    [{ history: '1d' }, { jobs: 0, trends: 0 }],
    [
      { history: '1d', jobs: '999d' },
      { jobs: 1, trends: 0 },
    ],
    [
      { history: '1d', scores: '999d' },
      { jobs: 0, trends: 1 },
    ],
    [{ history: '999d' }, { jobs: 1, trends: 1 }],
  ])('%j keeps each kind as long as it says', async (retention, kept) => {
    const endpoint = startTestEndpoint({ retention });
    onTestFinished(() => endpoint.stop());
    await fill(endpoint);
    endpoint.setTime('2027-06-01T00:00:00Z');
    await endpoint.endpoint.start();
    const read = async (what: string) =>
      JSON.parse((await endpoint.get(`/api/clusters/minikube/${what}`)).text) as Record<string, unknown[]>;
    const trends = await read('trends?step=day&from=2026-11-01T00:00:00Z');
    expect({ jobs: (await read('jobs'))['items']?.length, trends: trends['posture']?.length }).toEqual(kept);
    expect(trends['vulnerabilities']).toHaveLength(kept.trends);
  });

  it('keeps the job of a recurring scan as long as that is there, and forgets both when it has ended', async () => {
    const notifications = { send: () => Promise.resolve({ outcome: 'sent', receivers: 1 } as const) };
    const endpoint = startTestEndpoint({ retention: { history: '1d' } }, { notifications });
    onTestFinished(() => endpoint.stop());
    const report = (jobId: string) =>
      endpoint.post('/k8s/sysreport', systemReport({ jobId, status: 'done', more: { timestamp: undefined } }));
    const list = async () =>
      (JSON.parse((await endpoint.get('/api/schedules')).text) as { items: { name: string; state: string }[] }).items;
    const ask = async (cron: string) => {
      const { body } = await endpoint.send('POST', '/api/schedules', { cluster: 'minikube', kind: 'posture', cron });
      const { jobId, name } = body as { jobId: string; name: string };
      await report(jobId);
      return name;
    };
    await ask('0 1 * * *');
    const ended = await ask('0 2 * * *');
    const { body } = await endpoint.send('DELETE', `/api/schedules/minikube/${ended}`);
    await report((body as { jobId: string }).jobId);
    endpoint.setTime('2027-06-01T00:00:00Z');
    await endpoint.endpoint.start();
    expect(await list()).toMatchObject([{ state: 'active' }]);
  });
});

describe('events', () => {
  it('tell an open page what changed, and end when the service stops', async () => {
    const endpoint = start();
    await endpoint.endpoint.start();
    const response = await new Promise<IncomingMessage>((resolve) => {
      httpGet(`${endpoint.endpoint.url()}/api/events`, resolve);
    });
    let received = '';
    const arrived = new Promise<void>((resolve) => {
      response.on('data', (chunk: Buffer) => {
        received += chunk.toString();
        if (received.includes('"images"')) resolve();
      });
    });
    await fill(endpoint);
    await arrived;
    expect(response.headers['content-type']).toBe('text/event-stream');
    expect(received).toContain('event: change\ndata: {"cluster":"minikube","what":"posture"}\n\n');
    const ended = once(response, 'end');
    await endpoint.stop();
    await ended;
  });
});

describe('configuration', () => {
  it('reads the environment', () => {
    const env = {
      KSO_CLOUD_ENDPOINT_ACCOUNT: 'a',
      KSO_CLOUD_ENDPOINT_ACCESS_KEY: 'k',
      KSO_CLOUD_ENDPOINT_LIMITS_REPORT: '1Mi',
    };
    const { config } = loadConfig(cloudEndpointConfig, { env });
    expect(config).toMatchObject({ host: '127.0.0.1', port: 8090, account: 'a', limits: { report: 1_048_576 } });
    expect(JSON.stringify(config)).not.toContain('"k"');
  });

  it('refuses an account without a key', () => {
    expect(() => loadConfig(cloudEndpointConfig, { env: { KSO_CLOUD_ENDPOINT_ACCOUNT: 'a' } })).toThrow(ConfigError);
  });
});
