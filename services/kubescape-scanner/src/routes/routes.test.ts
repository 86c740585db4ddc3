import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { controlCatalogue } from '@kso/controls';
import { deployment, pod, until } from '@kso/testkit';
import { PostureReport } from '@kso/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { type FakeSource, fakeSource } from '../testing/fake-source.ts';
import { inThread } from '../testing/in-thread.ts';
import { type ScannerTestOptions, type ScannerUnderTest, startScanner } from '../testing/scanner.ts';

interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly response?: unknown;
}

const privileged = { securityContext: { privileged: true } };
const objects = [
  pod({ name: 'bad', namespace: 'shop', container: privileged }),
  deployment({ name: 'web', namespace: 'shop' }),
];

let running: ScannerUnderTest | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(options: ScannerTestOptions & { source?: FakeSource } = {}): Promise<ScannerUnderTest> {
  running = await startScanner({ source: fakeSource(objects), ...options });
  return running;
}

const post = (body?: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
});

async function envelope(response: Response): Promise<Envelope> {
  return (await response.json()) as Envelope;
}

async function scan(scanner: ScannerUnderTest, body?: unknown, query = ''): Promise<Envelope> {
  const response = await scanner.fetch(`/v1/scan?wait=true${query}`, post(body));
  expect(response.status).toBe(200);
  return envelope(response);
}

describe('POST /v1/scan', () => {
  it('answers the report of a scan that is waited for, and deletes it', async () => {
    const scanner = await start();
    const { id, type, response } = await scan(scanner, { targetType: 'framework', targetNames: ['nsa'] });
    expect(type).toBe('v1results');
    const report = PostureReport.parse(response);
    expect(report.reportGUID).toBe(id);
    expect(report.summaryDetails.frameworks.map(({ name }) => name)).toEqual(['NSA']);
    expect(report.summaryDetails.controls['C-0057']?.ResourceCounters.failedResources).toBe(1);
    expect((await scanner.fetch(`/v1/results?id=${id}`)).status).toBe(204);
  });

  it('is busy until the scan has ended, then hands the result out once', async () => {
    const scanner = await start();
    const { id, type } = await envelope(await scanner.fetch('/v1/scan', post({})));
    expect(type).toBe('busy');
    await ended(scanner, id);
    expect(await envelope(await scanner.fetch(`/v1/status?id=${id}`))).toEqual({ id: '', type: 'notBusy' });
    const kept = await scanner.fetch(`/v1/results?id=${id}&keep=true`);
    expect(await envelope(kept)).toMatchObject({ id, type: 'v1results' });
    expect((await envelope(await scanner.fetch(`/v1/results?id=${id}`))).type).toBe('v1results');
    expect((await scanner.fetch(`/v1/results?id=${id}`)).status).toBe(204);
  });

  it('scans everything without a body', async () => {
    const scanner = await start();
    const { response } = await scan(scanner);
    const { controls } = PostureReport.parse(response).summaryDetails;
    const fitting = controlCatalogue.filter(({ scopes }) => scopes.includes('cluster'));
    expect(Object.keys(controls).sort()).toEqual(fitting.map(({ id }) => id));
    expect(controls['C-0069']?.statusInfo).toMatchObject({ status: 'skipped', subStatus: 'integration' });
  });

  it('B09 rejects unknown controls with their list, and queues nothing', async () => {
    const scanner = await start();
    const response = await scanner.fetch(
      '/v1/scan',
      post({ targetType: 'control', targetNames: ['C-0057', 'c-0O13'] }),
    );
    expect(response.status).toBe(400);
    expect(await envelope(response)).toEqual({
      id: '',
      type: 'error',
      response: 'unknown frameworks or controls: c-0O13',
    });
    expect(await scanner.queue.counts('posture-scan')).toMatchObject({ waiting: 0, active: 0 });
  });

  it('B09 fails a scan that evaluated nothing', async () => {
    const scanner = await start({ source: fakeSource([]) });
    const response = await scanner.fetch('/v1/scan?wait=true', post({}));
    expect(response.status).toBe(500);
    expect(String((await envelope(response)).response)).toMatch(/^nothing evaluated/);
  });

  it('limits a report to namespaces', async () => {
    const scanner = await start({
      source: fakeSource([...objects, pod({ name: 'other', namespace: 'bank', container: privileged })]),
    });
    const { response } = await scan(scanner, { includeNamespaces: ['bank'] });
    expect(PostureReport.parse(response).results.map(({ resourceID }) => resourceID)).toEqual(['/v1/bank/Pod/other']);
  });

  it.each([
    ['text that is no JSON', '{"targetType":', 400],
    ['a body of another shape', { targetNames: 'nsa' }, 400],
    ['a body over the limit', { targetNames: ['x'.repeat(2000)] }, 413],
    ['exceptions that are wrong', { exceptions: [{ name: 'all' }] }, 400],
  ])('refuses %s', async (_what, body, status) => {
    const scanner = await start({ overrides: { requestMaxBytes: 1024 } });
    const response = await scanner.fetch('/v1/scan', post(body));
    expect(response.status).toBe(status);
    expect((await envelope(response)).type).toBe('error');
  });

  it('scans nothing for a page of another site', async () => {
    const scanner = await start({});
    const { headers, ...request } = post({});
    const foreign = { ...request, headers: { ...(headers as Record<string, string>), origin: 'https://evil.example' } };
    expect((await scanner.fetch('/v1/scan', foreign)).status).toBe(403);
    expect(await scanner.queue.list({ limit: 10 })).toEqual([]);
  });

  it('takes no more scans than may wait', async () => {
    const source = fakeSource(objects);
    const release = Promise.withResolvers<void>();
    const watch = source.watch.bind(source);
    source.watch = async (...parameters) => {
      await release.promise;
      return watch(...parameters);
    };
    const scanner = await start({ source, overrides: { queue: { capacity: 2 } } });
    const ids: string[] = [];
    let refused: Response | undefined;
    while (refused === undefined) {
      const response = await scanner.fetch('/v1/scan', post({}));
      if (response.status === 200) ids.push((await envelope(response)).id);
      else refused = response;
    }
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await envelope(await scanner.fetch(`/v1/status?id=${ids.at(-1)}`))).type).toBe('busy');
    expect((await envelope(await scanner.fetch(`/v1/results?id=${ids.at(-1)}`))).type).toBe('busy');
    expect((await scanner.fetch('/v1/results?all=true', { method: 'DELETE' })).status).toBe(400);

    const cancelled = await scanner.fetch(`/v1/scan?id=${ids.at(-1)}`, { method: 'DELETE' });
    expect(await envelope(cancelled)).toMatchObject({ type: 'notBusy' });
    release.resolve();
    await ended(scanner, ids[0] ?? '');
  });
});

describe('a scan of one object', () => {
  it('reports the object and what depends on it', async () => {
    const scanner = await start({
      source: fakeSource([
        ...objects,
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'shop' } },
      ]),
    });
    const own = await scan(scanner, {
      scanObject: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bad', namespace: 'shop' } },
    });
    expect(PostureReport.parse(own.response).results.map(({ resourceID }) => resourceID)).toEqual(['/v1/shop/Pod/bad']);
    const account = await scan(scanner, {
      scanObject: { kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'shop' } },
    });
    expect(PostureReport.parse(account.response).results.map(({ resourceID }) => resourceID)).toEqual([
      '/v1/shop/ServiceAccount/default',
      '/v1/shop/Pod/bad',
      'apps/v1/shop/Deployment/web',
    ]);
  });

  it('waits for an object that the client has seen before the watch', async () => {
    const source = fakeSource(objects);
    const scanner = await start({ source });
    await until('the first state', () => scanner.store.results.count('posture') === 2);
    const scanning = scan(scanner, { scanObject: { kind: 'Pod', metadata: { name: 'new', namespace: 'shop' } } });
    await until('the scan to run', async () => (await scanner.queue.counts('posture-scan')).active === 1);
    source.emit({ type: 'added', object: pod({ name: 'new', namespace: 'shop' }) });
    const { response } = await scanning;
    expect(PostureReport.parse(response).results.map(({ resourceID }) => resourceID)).toEqual(['/v1/shop/Pod/new']);
  });

  it.each([
    ['', { kind: 'Secret' }],
    ['?wait=true', { apiVersion: 'v1', kind: 'secret' }],
  ])('refuses a Secret at once (%j %j)', async (query, kind) => {
    const scanner = await start();
    const scanObject = { ...kind, metadata: { name: 's', namespace: 'shop' } };
    const response = await scanner.fetch(`/v1/scan${query}`, post({ scanObject }));
    expect(response.status).toBe(400);
    expect(await envelope(response)).toEqual({
      id: '',
      type: 'error',
      response: `${kind.kind} shop/s is not scanned: Secrets are not read by scans`,
    });
    expect(await scanner.queue.counts('posture-scan')).toMatchObject({ waiting: 0, active: 0 });
  });

  it('refuses what a workload owns', async () => {
    const owned = pod({ name: 'web-1', namespace: 'shop' });
    const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: '1' }];
    const source = fakeSource([...objects, { ...owned, metadata: { ...owned.metadata, ownerReferences } }]);
    const scanner = await start({ source });
    const scanObject = { kind: 'Pod', metadata: { name: 'web-1', namespace: 'shop' } };
    const { response } = await envelope(await scanner.fetch('/v1/scan?wait=true', post({ scanObject })));
    expect(response).toBe('Pod shop/web-1 is not scanned: a workload owns it, and is scanned in its place');
  });

  it('fails for an object that is not there', async () => {
    const scanner = await start();
    const scanObject = { kind: 'Pod', metadata: { name: 'no', namespace: 'shop' } };
    const response = await scanner.fetch('/v1/scan?wait=true', post({ scanObject }));
    expect(response.status).toBe(500);
    const { id, response: text } = await envelope(response);
    expect(text).toMatch(/is not known/);
    // The failure is kept like a result: read once.
    expect((await scanner.fetch(`/v1/results?id=${id}`)).status).toBe(500);
    expect((await scanner.fetch(`/v1/results?id=${id}`)).status).toBe(204);
  });
});

describe('ids and access', () => {
  it.each(['/v1/results?id=../../etc/passwd', '/v1/results?id=abc', '/v1/results', '/v1/status?id=1'])(
    '%s is refused',
    async (url) => {
      const scanner = await start();
      const response = await scanner.fetch(url);
      expect(response.status).toBe(400);
      expect((await envelope(response)).type).toBe('error');
    },
  );

  it('asks for the token below /v1/, but not for probes', async () => {
    const scanner = await start({ overrides: { apiToken: 'tea-time' } });
    const refused = await scanner.fetch('/v1/status');
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="kubescape"');
    for (const authorization of ['Bearer tea-tim', 'Basic tea-time', 'tea-time'])
      expect((await scanner.fetch('/v1/status', { headers: { authorization } })).status).toBe(401);
    expect((await scanner.fetch('/v1/status', { headers: { authorization: 'bearer tea-time' } })).status).toBe(200);
    expect((await scanner.fetch('/livez')).status).toBe(200);
    expect((await scanner.fetch('/v1/liveness')).status).toBe(200);
  });

  it.each(['/%761/status', '/v%31/status', 'http://scanner/v1/status'])(
    'asks for the token however the path is written: %s',
    async (path) => {
      const { hostname, port } = new URL((await start({ overrides: { apiToken: 'tea-time' } })).url);
      const status = await new Promise((resolve, reject) => {
        get({ hostname, port, path }, (answer) => resolve(answer.resume().statusCode)).on('error', reject);
      });
      expect(status).toBe(401);
    },
  );
});

describe('other methods', () => {
  it.each([
    ['PUT', '/v1/scan', 'POST, DELETE'],
    ['POST', '/v1/status', 'GET'],
    ['POST', '/v1/metrics', 'GET'],
    ['PATCH', '/v1/results', 'GET, DELETE'],
  ])('%s %s is refused with what there is', async (method, url, allow) => {
    const response = await (await start()).fetch(url, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe(allow);
    expect((await envelope(response)).type).toBe('error');
  });
});

describe('offline', () => {
  it('answers the latest scan without an id, as often as it is asked, and sends nothing', async () => {
    const scanner = await start({ overrides: { offline: true } });
    expect((await scanner.fetch('/v1/results')).status).toBe(400);
    const { id } = await envelope(await scanner.fetch('/v1/scan', post({})));
    await ended(scanner, id);
    for (let time = 0; time < 2; time++)
      expect(await envelope(await scanner.fetch('/v1/results'))).toMatchObject({ id, type: 'v1results' });
    expect(scanner.store.outbox.stats().queued).toBe(0);
  });
});

describe('namespaces of the configuration', () => {
  it('count for requests that name none', async () => {
    const source = fakeSource([...objects, pod({ name: 'other', namespace: 'bank' })]);
    const scanner = await start({ source, overrides: { excludeNamespaces: ['shop'] } });
    const byDefault = PostureReport.parse((await scan(scanner)).response);
    expect(byDefault.results.map(({ resourceID }) => resourceID)).toEqual(['/v1/bank/Pod/other']);
    expect(byDefault.metadata.scanMetadata.excludedNamespaces).toEqual(['shop']);
    const named = PostureReport.parse(
      (await scan(scanner, { includeNamespaces: ['shop'], excludedNamespaces: [] })).response,
    );
    expect(named.results).toHaveLength(2);
  });
});

describe('callbacks', () => {
  it('are refused unless they are enabled', async () => {
    const response = await (await start()).fetch('/v1/scan?callback=http://client.example/', post({}));
    expect(response.status).toBe(400);
    expect((await envelope(response)).response).toBe('callback: callbacks are not enabled');
  });

  it('tell the client, also of a failure', async () => {
    const told: unknown[] = [];
    const client = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => told.push(JSON.parse(chunk.toString())));
      request.on('end', () => response.end());
    });
    await new Promise<void>((resolve) => client.listen(0, '127.0.0.1', resolve));
    const callback = `callback=http://127.0.0.1:${(client.address() as AddressInfo).port}/`;
    const scanner = await start({ overrides: { callback: { allowedCidrs: ['127.0.0.1/32'] } } });
    const { id } = await envelope(await scanner.fetch(`/v1/scan?${callback}`, post({})));
    const failing = { scanObject: { kind: 'Pod', metadata: { name: 'no', namespace: 'shop' } } };
    const failed = await envelope(await scanner.fetch(`/v1/scan?${callback}`, post(failing)));
    await until('both callbacks', () => told.length === 2);
    client.close();
    expect(told).toEqual([
      { id, status: 'completed' },
      { id: failed.id, status: 'failed', error: expect.stringContaining('is not known') },
    ]);
  });
});

describe('GET /v1/metrics', () => {
  it('shows the state of the cluster without a scan', async () => {
    const scanner = await start();
    const text = await until('figures', async () => {
      const response = await scanner.fetch('/v1/metrics');
      return response.status === 200 && response.text();
    });
    expect(text).toMatch(/^# TYPE kubescape_cluster_complianceScore gauge$/m);
    expect(text).toMatch(/^kubescape_cluster_count_resources_failed 2$/m);
    expect(text).toMatch(/^kubescape_framework_complianceScore\{name="NSA"\} \d+$/m);
    expect(text).toMatch(
      /^kubescape_control_count_resources_failed\{controlID="C-0057",name="Privileged container",severity="High",link="https:\/\/hub.armosec.io\/docs\/c-0057"\} 1$/m,
    );
    expect(text).toMatch(/^kso_posture_failed_resources\{control="C-0057",severity="High",namespace="shop"\} 1$/m);
    expect(text).toMatch(
      /^kubescape_resource_count_controls_failed\{apiVersion="v1",kind="Pod",namespace="shop",name="bad"\} \d+$/m,
    );
    expect(text.trimEnd().split('\n').at(-1)).toMatch(/^kubescape_score \d+$/);
    expect(await scanner.queue.list({ limit: 10 })).toEqual([]);

    const own = await (await scanner.fetch('/metrics')).text();
    expect(own).toMatch(/^kubescape_control_count_resources_failed\{controlID="C-0057",/m);
    expect(own).not.toContain('kubescape_resource_count_controls_failed');
  });

  it('limits itself to frameworks, and refuses those it does not know', async () => {
    const scanner = await start();
    const text = await until('figures', async () => {
      const response = await scanner.fetch('/v1/metrics?frameworks=nsa');
      return response.status === 200 && response.text();
    });
    expect(text.match(/^kubescape_framework_complianceScore\{.*/gm)).toHaveLength(1);
    expect((await scanner.fetch('/v1/metrics?frameworks=nsa,nothing')).status).toBe(400);
  });

  it('says that there is nothing yet', async () => {
    const source = fakeSource(objects);
    source.breakWith('connection refused');
    expect((await (await start({ source })).fetch('/v1/metrics')).status).toBe(503);
  });
});

describe('readiness', () => {
  it('says why the source cannot be read, and a scan fails with it', async () => {
    const source = fakeSource(objects);
    source.breakWith('connection refused');
    running = await startScanner({ createThread: inThread(source) });
    const { scanner, queue } = running;
    const failed = new Promise((resolve) => {
      scanner.onResult((event) => event.type === 'state' && event.state.phase === 'failed' && resolve(event.state));
    });
    expect(await failed).toMatchObject({ reason: 'connection refused' });
    const ready = await running.fetch('/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.text()).toBe('kubescape-scanner: connection refused');
    expect(queue.notReady()).toBeUndefined();
  });
});

async function ended({ scanner }: ScannerUnderTest, scanId: string): Promise<void> {
  if (scanner.readReport(scanId) !== undefined) return;
  await new Promise<void>((resolve) => {
    const stop = scanner.onResult((event) => {
      if (event.type !== 'scan' || event.scanId !== scanId) return;
      stop();
      resolve();
    });
  });
}
