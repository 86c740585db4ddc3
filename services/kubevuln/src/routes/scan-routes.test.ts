import type { SyftDocument } from '@kso/engines';
import { until } from '@kso/testkit';
import { ContainerScanReport, ScanFailureReport } from '@kso/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { cart, ended, startKubevuln, stopAllKubevulns, workload } from '../testing/start-kubevuln.ts';

afterEach(stopAllKubevulns);

const hash = `sha256:${'c'.repeat(64)}`;
const reports = (entries: readonly { path: string; body: string }[]) =>
  entries
    .filter(({ path }) => path.endsWith('containerScan'))
    .map(({ body }) => ContainerScanReport.parse(JSON.parse(body)));

describe('the routes that accept scans', () => {
  it.each([
    ['/v1/generateSBOM', { imageTag: 'nginx:1', imageHash: hash }, `ImageHash=index.docker.io/library/nginx@${hash}`],
    ['/v1/sbomCreation', { imageTag: 'nginx:1', imageHash: hash }, `ImageHash=index.docker.io/library/nginx@${hash}`],
    ['/v1/scanRegistryImage', { imageTag: 'reg.example.com/a:1' }, 'ImageTag=reg.example.com/a:1'],
    ['/v1/scanApplicationProfile', { wlid: 'w', args: { NAME: 'n', namespace: 'ns' } }, 'Wlid=w, Name=n, Namespace=ns'],
    ['/v1/applicationProfileScan', { args: { name: 'n', namespace: 'ns' } }, 'Wlid=, Name=n, Namespace=ns'],
  ])('%s accepts a minimal body', async (path, body, detail) => {
    const { post } = await startKubevuln({ config: { enginesExpected: true }, engineMissing: true });
    const answer = await post(body, path);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toEqual({ detail, status: 200, title: 'OK' });
  });

  it.each([
    ['/v1/generateSBOM', {}, 'ImageHash='],
    ['/v1/generateSBOM', { imageTag: 'nginx', imageHash: 'abc' }, 'ImageHash=index.docker.io/library/nginx@sha256:abc'],
    ['/v1/scanRegistryImage', {}, 'ImageTag='],
    ['/v1/scanApplicationProfile', { args: { name: 'n' } }, 'Wlid=, Name=n, Namespace='],
    ['/v1/scanApplicationProfile', { args: { name: 7, namespace: 'ns' } }, 'Wlid=, Name=, Namespace=ns'],
    ['/v1/scanApplicationProfile', {}, 'Wlid=, Name=, Namespace='],
  ])('%s refuses %j', async (path, body, detail) => {
    const { post } = await startKubevuln();
    expect((await post(body, path)).json()).toEqual({ detail, status: 400, title: 'Bad Request' });
    expect((await post('no json', path)).json()).toEqual({ status: 400, title: 'Bad Request' });
  });

  it('B19 say when to come back', async () => {
    const full = await startKubevuln({ config: { enginesExpected: true, maxQueueDepth: 1 }, engineMissing: true });
    await full.post({ imageTag: 'nginx', imageHash: hash });
    const refused = await full.post({ imageTag: 'other', imageHash: hash }, '/v1/generateSBOM');
    expect(refused.statusCode).toBe(503);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('generateSBOM', () => {
  it('makes the SBOM once, without matching, and without a database', async () => {
    const { scan, records, entries, sbomEngine, matcher } = await startKubevuln({
      config: { databaseExpected: false },
    });
    const record = await scan({}, '/v1/generateSBOM');
    expect(record).toMatchObject({ state: 'succeeded', result: { digest: cart.descriptor.digest } });
    expect([sbomEngine.requests.length, matcher.matched]).toEqual([1, 0]);
    expect(records()).toEqual([]);
    expect(entries()).toEqual([]);
    await scan({});
    expect([sbomEngine.requests.length, matcher.matched]).toEqual([1, 1]);
  });

  it('that fails is reported', async () => {
    const { scan, entries, service } = await startKubevuln({
      registry: { login: { scheme: 'basic', username: 'a', password: 'b' } },
    });
    const record = await scan({}, '/v1/generateSBOM');
    expect(record).toMatchObject({ state: 'failed', failure: { code: 'IMAGE_AUTH_FAILED' } });
    expect(entries().map(({ path }) => path)).toEqual(['/k8s/v2/scanFailure']);
    const status = await service.app.inject(`/v1/scanStatus/${record.jobId}`);
    expect(status.json()).toMatchObject({ endpoint: 'generateSBOM', state: 'failed', reason: 'image_auth_failed' });
  });
});

describe('scanRegistryImage', () => {
  const args = {
    registryName: 'reg',
    repository: 'shop/cart',
    tag: '1',
    registryScanID: 'run-1',
    registryScanImagesCount: '3',
    sensor: 7,
  };

  it('reports the image under its registry, without a workload, and each step', async () => {
    const { scan, entries } = await startKubevuln();
    const record = await scan({ wlid: workload, args, actionIDN: 4 }, '/v1/scanRegistryImage');
    expect(record.state).toBe('succeeded');
    const all = entries();
    const steps = all.filter(({ path }) => path === '/k8s/sysreport').map(({ body }) => JSON.parse(body));
    expect(steps.map(({ status, numSeq, jobID }) => [status, numSeq, jobID === record.jobId])).toEqual([
      ['started', 5, true],
      ['success', 5, true],
      ['done', 5, true],
    ]);
    const [report] = reports(all);
    expect(report?.summary?.wlid).toBe('');
    expect(report?.designators.attributes).toMatchObject({
      registryName: 'reg',
      repository: 'shop/cart',
      registryScanID: 'run-1',
      registryScanImagesCount: '3',
    });
    expect(Object.values(report?.designators.attributes ?? {})).not.toContain('');
  });

  it('that fails is told to the registry and not to a workload', async () => {
    const { scan, entries } = await startKubevuln({
      registry: { login: { scheme: 'basic', username: 'a', password: 'b' } },
    });
    await scan({ args }, '/v1/scanRegistryImage');
    const all = entries();
    const failure = all.find(({ path }) => path === '/k8s/v2/scanFailure');
    const report = ScanFailureReport.parse(JSON.parse(failure?.body ?? ''));
    expect(report).toMatchObject({ isRegistryScan: true, registryName: 'reg', failureReason: 'image_auth_failed' });
    expect(report.workloads).toBeUndefined();
    const steps = all.filter(({ path }) => path === '/k8s/sysreport').map(({ body }) => JSON.parse(body).status);
    expect(steps).toEqual(['started', 'failure']);
  });
});

describe('scanApplicationProfile', () => {
  const sbom = {
    artifacts: [
      { id: 'a', name: 'jinja2', version: '2.10', type: 'python' },
      { id: 'b', name: 'flask', version: '1.0', type: 'python' },
    ],
    artifactRelationships: [
      { parent: 'a', child: 'f1', type: 'contains' },
      { parent: 'b', child: 'f2', type: 'contains' },
    ],
    files: [
      { id: 'f1', location: { path: '/lib/jinja2/x.py' } },
      { id: 'f2', location: { path: '/lib/flask/y.py' } },
    ],
    source: { type: 'image', metadata: { imageSize: 10 } },
    descriptor: { name: 'syft', version: 'v1.57.0' },
  } as SyftDocument;
  const match = (id: string, name: string, version: string) => ({
    vulnerability: { id, severity: 'High' },
    artifact: { name, version, type: 'python' },
  });
  const matches = { matches: [match('CVE-1', 'jinja2', '2.10'), match('CVE-2', 'flask', '1.0')] };

  function profile(host: string, annotations: Record<string, string> = {}) {
    return {
      metadata: {
        name: 'p',
        annotations: {
          'kubescape.io/completion': 'complete',
          'kubescape.io/status': 'completed',
          'kubescape.io/wlid': workload,
          'kubescape.io/instance-id':
            'apiVersion-apps/v1/namespace-shop/kind-ReplicaSet/name-cart-7/containerName-cart',
          ...annotations,
        },
      },
      spec: { imageTag: `${host}/shop/cart:1`, imageID: cart.descriptor.digest, opens: [{ path: '/lib/jinja2/⋯' }] },
    };
  }
  const start = () => startKubevuln({ sbom: () => sbom, matches });
  const named = { name: 'p', namespace: 'shop' };

  it('says of each finding whether its package is used, and goes on saying so', async () => {
    const { scan, entries, registry, records, matcher } = await start();
    const args = { ...named, profile: profile(registry.host) };
    expect(await scan({ imageTag: '', imageHash: '', args }, '/v1/scanApplicationProfile')).toMatchObject({
      state: 'succeeded',
    });
    const [report] = reports(entries());
    expect(
      report?.vulnerabilities?.map(({ name, isRelevant, relevantLabel }) => [name, isRelevant, relevantLabel]),
    ).toEqual([
      ['CVE-1', true, 'yes'],
      ['CVE-2', false, 'no'],
    ]);
    expect(report?.summary).toMatchObject({
      hasRelevancyData: true,
      relevantLabel: 'yes',
      total: 2,
      relevantTotal: 1,
      severitiesStats: [{ severity: 'High', total: 2, relevantTotal: 1, relevancyScanCount: 1 }],
    });
    expect(records()).toMatchObject([{ findings: 2, relevant: { High: 1 } }]);
    expect(matcher.matched).toBe(1);
    // A plain scan of the same container knows it still.
    await scan({ instanceID: 'another' });
    expect(reports(entries()).map(({ summary }) => summary?.relevantTotal)).toEqual([1]);
  });

  it('opens the logins that came with it for the image of the profile', async () => {
    const login = { username: 'robot', password: 'secret-1' };
    const kubevuln = await startKubevuln({
      sbom: () => sbom,
      matches,
      registry: { login: { scheme: 'basic', ...login } },
    });
    const { scan, registry, sbomEngine } = kubevuln;
    const credentialsList = [{ serveraddress: registry.host, ...login }];
    const args = { ...named, profile: profile(registry.host) };
    const record = await scan({ imageTag: '', imageHash: '', args, credentialsList }, '/v1/scanApplicationProfile');
    expect(record.state).toBe('succeeded');
    expect(sbomEngine.requests).toHaveLength(1);
  });

  it('of a partial profile succeeds and reports nothing', async () => {
    const { scan, entries, registry, records } = await start();
    const partial = profile(registry.host, { 'kubescape.io/completion': 'partial' });
    const record = await scan({ args: { ...named, profile: partial } }, '/v1/scanApplicationProfile');
    expect(record).toMatchObject({ state: 'succeeded', result: { notEvaluated: { reason: 'partial' } } });
    expect([entries(), records()]).toEqual([[], []]);
  });

  it('without its profile fails and says why; one of a port is found', async () => {
    const without = await start();
    const record = await without.scan({ args: named }, '/v1/scanApplicationProfile');
    expect(record).toMatchObject({ state: 'failed', failure: { code: 'UNEXPECTED_ERROR' } });
    expect(record.failure?.message).toContain('profile');
    let host = '';
    const profiles = { get: () => Promise.resolve(profile(host)) };
    const kubevuln = await startKubevuln({ sbom: () => sbom, matches, ports: { profiles } });
    host = kubevuln.registry.host;
    await kubevuln.post({ args: named, jobID: 'j1' }, '/v1/scanApplicationProfile');
    expect((await ended(kubevuln.queue, 'j1')).state).toBe('succeeded');
    await until('a report', async () => (kubevuln.woken() > 0 ? true : undefined));
  });
});
