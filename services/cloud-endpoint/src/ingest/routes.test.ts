import { describe, expect, it, onTestFinished } from 'vitest';
import { startTestEndpoint } from '../testing/endpoint.ts';
import { containerScan, postureReport, scanFailure, systemReport } from '../testing/reports.ts';

function start(config: object = {}) {
  const endpoint = startTestEndpoint(config);
  onTestFinished(() => endpoint.stop());
  return endpoint;
}

const samples = [
  ['/k8s/v2/postureReport', postureReport()],
  ['/k8s/v2/containerScan', containerScan()],
  ['/k8s/v2/scanFailure', scanFailure()],
  ['/k8s/sysreport', systemReport()],
] as const;

describe('every report', () => {
  it.each(samples)('%s is stored once per idempotency key and answered the same again', async (path, report) => {
    const endpoint = start();
    const first = await endpoint.post(path, report, { key: 'k' });
    const again = await endpoint.post(path, report, { key: 'k' });
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect([first.headers['idempotent-replayed'], again.headers['idempotent-replayed']]).toEqual(['false', 'true']);
    const { text } = await endpoint.get('/api/clusters/minikube/receipts');
    expect(JSON.parse(text)).toMatchObject({ items: [{ idempotencyKey: 'k', deliveries: 2 }] });
    const { receipts } = JSON.parse((await endpoint.get('/api/clusters/minikube/summary')).text) as {
      receipts: unknown;
    };
    expect(receipts).toEqual({ reports: 1, deliveries: 2 });
  });

  it.each(samples)('%s is recognised without a key by what the format itself says', async (path, report) => {
    const endpoint = start();
    await endpoint.post(path, report);
    await endpoint.post(path, report);
    expect(await endpoint.metrics.registry.metrics()).toMatch(
      /kso_endpoint_reports_total\{route="\w+",outcome="repeated"\} 1/,
    );
  });

  it.each(samples)('%s is not taken for another one whose key begins alike, or that has none', async (path, report) => {
    const endpoint = start();
    const long = 'k'.repeat(600);
    for (const key of [`${long}/1`, `${long}/2`, '']) {
      const { headers } = await endpoint.post(path, report, { key });
      expect(headers['idempotent-replayed']).toBe('false');
    }
    expect((await endpoint.post(path, report, { key: `${long}/2` })).headers['idempotent-replayed']).toBe('true');
  });

  it.each(samples)('%s may be compressed, and needs no content type', async (path, report) => {
    const endpoint = start();
    expect(await endpoint.post(path, report, { gzip: true })).toMatchObject({ status: 200 });
    const bare = await endpoint.endpoint.app.inject({
      method: 'POST',
      url: path,
      payload: Buffer.from(JSON.stringify(report)),
    });
    expect(bare.statusCode).toBe(200);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{"clusterName":'],
    ['a list', '[]'],
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ])('is refused with 400 and the reason when it is %s', async (_, payload) => {
    const endpoint = start();
    for (const [path] of samples) {
      const response = await endpoint.endpoint.app.inject({
        method: 'POST',
        url: path,
        payload,
        headers: { 'content-type': 'application/json' },
      });
      expect(response.statusCode).toBe(400);
      expect(response.json()).toMatchObject({ code: 'REPORT_INVALID', title: expect.stringMatching(/./) });
    }
  });

  it('is refused when it is too large, also when it only becomes so by decompression', async () => {
    const endpoint = start({ limits: { report: 10_000 } });
    const large = systemReport({ more: { details: 'x'.repeat(20_000) } });
    expect(await endpoint.post('/k8s/sysreport', large)).toMatchObject({ status: 413 });
    expect(await endpoint.post('/k8s/sysreport', large, { gzip: true })).toMatchObject({ status: 413 });
  });

  it('is refused when its encoding is unknown or a lie', async () => {
    const endpoint = start();
    const encoded = (encoding: string) =>
      endpoint.post('/k8s/sysreport', systemReport(), { headers: { 'content-encoding': encoding } });
    expect(await encoded('br')).toMatchObject({ status: 415 });
    expect(await encoded('gzip')).toMatchObject({ status: 400 });
  });

  it('is refused with 429 and a time while too many wait', async () => {
    const endpoint = start({ limits: { backlog: 100 } });
    const all = await Promise.all(
      [1, 2, 3].map((sequence) => endpoint.post('/k8s/sysreport', systemReport({ sequence }), { gzip: true })),
    );
    expect(all.map(({ status }) => String(status)).toSorted()).toEqual(['200', '429', '429']);
    expect(all.find(({ status }) => status === 429)?.headers['retry-after']).toBe('1');
  });
});

describe('job reports', () => {
  const jobs = async (endpoint: ReturnType<typeof start>) =>
    (JSON.parse((await endpoint.get('/api/clusters/minikube/jobs')).text) as { items: Record<string, unknown>[] })
      .items;

  it('show the state of the highest number, whatever came last', async () => {
    const endpoint = start();
    await endpoint.post(
      '/k8s/sysreport',
      systemReport({ sequence: 3, status: 'failure', more: { errors: ['kubevuln refused'] } }),
    );
    await endpoint.post('/k8s/sysreport', systemReport({ sequence: 2, more: { details: 'Handling single request' } }));
    expect(await jobs(endpoint)).toMatchObject([
      {
        jobId: 'job-1',
        action: 'scan',
        status: 'failure',
        errors: ['kubevuln refused'],
        firstAt: '2026-11-30T10:00:02.000Z',
      },
    ]);
    const { text } = await endpoint.get('/api/clusters/minikube/jobs/job-1/steps');
    expect((JSON.parse(text) as { items: { sequence: number }[] }).items.map(({ sequence }) => sequence)).toEqual([
      2, 3,
    ]);
  });

  it('show the end when a sender numbers all steps alike', async () => {
    const endpoint = start();
    for (const status of ['done', 'started', 'success'])
      await endpoint.post('/k8s/sysreport', systemReport({ status }));
    expect(await jobs(endpoint)).toMatchObject([{ status: 'done' }]);
  });

  it('belong to their parent and its cluster', async () => {
    const endpoint = start();
    await endpoint.post('/k8s/sysreport', systemReport({ jobId: 'parent' }));
    const child = { target: 'image nginx', parentAction: 'parent' };
    await endpoint.post('/k8s/sysreport', systemReport({ jobId: 'child', status: 'failure', more: child }));
    expect(await jobs(endpoint)).toMatchObject([
      { jobId: 'child', parentId: 'parent' },
      { jobId: 'parent', children: 1, failedChildren: 1 },
    ]);
  });

  it('get a job id for an answer when they have none', async () => {
    const endpoint = start();
    const given = await endpoint.post('/k8s/sysreport', systemReport({ more: { jobID: '' } }));
    expect(given.body).toMatch(/^[0-9a-f]{32}$/);
    expect((await endpoint.post('/k8s/sysreport', systemReport())).body).toBe('ok');
  });
});
