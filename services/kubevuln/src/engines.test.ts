import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGrype, createSyft, importSampleDatabase } from '@kso/engines';
import { createLogger, createMetrics, loadConfig, noopTracer, readOutgoing, systemClock } from '@kso/kit';
import { createInProcessQueue } from '@kso/queue';
import { createCredentialSealer, createRegistryClient } from '@kso/registry';
import { startFakeRegistry } from '@kso/registry/testing';
import { openSqliteStore } from '@kso/store';
import { until } from '@kso/testkit';
import { buildImage, debianPackages, layer, pushImage, pythonPackage } from '@kso/testkit/images';
import { missingPrograms } from '@kso/testkit/programs';
import { startRegistry } from '@kso/testkit/registry';
import { ContainerScanReport, ImageMatches, ImageScanRecord, imageMatchesKind, imageScanRecordKind } from '@kso/wire';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { kubevulnConfig } from './config.ts';
import { createKubevuln } from './service.ts';

const sample = fileURLToPath(new URL('../../../deploy/sample', import.meta.url));
const password = `p[a<s#s(w~K%o|r?d&'"$x`;
const vulnerable = buildImage({ layers: [layer(pythonPackage('Jinja2', '2.10'))] });

const missing = missingPrograms('syft', 'grype');
describe.skipIf(missing !== undefined)('with the real Syft and Grype', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kso-engines-'));
    const file = join(sample, 'advisories.json');
    await importSampleDatabase(matcher(directory).database, { file, scratchRoot: join(directory, 'scratch') });
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  async function start(overrides: Record<string, unknown> = {}) {
    const dataDir = await mkdtemp(join(directory, 'data-'));
    const base = {
      logger: createLogger({ service: 'test', level: 'silent' }),
      metrics: createMetrics(),
      tracer: noopTracer,
      clock: systemClock,
    };
    const queue = createInProcessQueue({ file: ':memory:' }, base);
    const store = openSqliteStore({ path: ':memory:' });
    const registry = createRegistryClient({ outgoing: readOutgoing({}), clock: systemClock });
    const { config } = loadConfig(kubevulnConfig, {
      env: {},
      overrides: {
        host: '127.0.0.1',
        port: 0,
        dataDir,
        databaseUpdate: { enabled: false },
        imageLayouts: join(sample, 'images'),
        ...overrides,
      },
    });
    const scratchRoot = join(dataDir, 'scratch');
    const service = createKubevuln(config, {
      ...base,
      queue,
      store,
      registry,
      sbomEngine: createSyft({ env: process.env, scratchRoot, memoryBytes: 1024 ** 3 }),
      matcher: matcher(directory),
      sealer: createCredentialSealer(Buffer.alloc(32, 1)),
      poster: { wake: () => undefined },
    });
    await service.start();
    cleanups.push(
      () => queue.close(),
      () => service.stop(),
      () => registry.close(),
    );
    const scan = async (payload: Record<string, unknown>) => {
      const jobId = `job-${Math.random()}`;
      const job = { kind: 'image-scan', key: jobId, priority: 'onDemand', jobId } as const;
      await queue.add({ ...job, payload: payload as { [key: string]: string } });
      return until('the end of the scan', async () => {
        const record = await queue.get(jobId);
        return record?.finishedAt === undefined ? undefined : record;
      });
    };
    const records = () =>
      store.results.list(imageScanRecordKind, { limit: 10 }).map(({ body }) => ImageScanRecord.parse(body));
    const reports = () =>
      store.outbox.due(Number.MAX_SAFE_INTEGER, 100).map(({ body }) => ContainerScanReport.parse(JSON.parse(body)));
    const findings = () =>
      store.results.list(imageMatchesKind, { limit: 10 }).flatMap(({ body }) => ImageMatches.parse(body).findings);
    return { scan, records, reports, findings, scratchRoot };
  }

  it('finds in the images of the sample what is in them, and labels the database', async () => {
    const { scan, findings, records, reports } = await start();
    const catalog = await scan({ imageTag: 'registry.example.com/shop/catalog:1.4.2' });
    const cart = await scan({ imageTag: 'registry.example.com/shop/cart:2.0.1' });
    expect(catalog).toMatchObject({ state: 'succeeded', result: { bySeverity: { Critical: 2, High: 3, Medium: 2 } } });
    expect(cart).toMatchObject({ state: 'succeeded', result: { findings: 0, packages: 2 } });
    expect(findings().map(({ id, package: { name } }) => `${name} ${id}`)).toEqual(
      expect.arrayContaining(['pyyaml CVE-2020-14343', 'jinja2 CVE-2019-10906', 'openssl CVE-2023-0286']),
    );
    expect(records()).toContainEqual(
      expect.objectContaining({ database: expect.objectContaining({ label: 'sample' }) }),
    );
    expect(reports().map(({ summary }) => summary?.vulnerabilityDatabase.label)).toEqual(['sample', 'sample']);
  });

  it('B16 B28 scans an image of a real registry once, and reports it for each container', async () => {
    const registry = await startRegistry();
    cleanups.push(() => registry.stop());
    const debian = layer(debianPackages({ openssl: '3.0.7-1' }));
    const pythonLayer = layer(pythonPackage('Jinja2', '2.10'));
    const image = buildImage({ layers: [debian, pythonLayer] });
    const imageTag = await pushImage(registry.url, 'shop/web', '1', image);
    const { scan, findings, reports, scratchRoot } = await start({ scanConcurrency: 2 });
    const wlid = 'wlid://cluster-c/namespace-shop/deployment-web';
    const ended = await Promise.all([
      scan({ imageTag, wlid, containerName: 'web' }),
      scan({ imageTag, wlid, containerName: 'init' }),
    ]);
    expect(ended.map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
    expect(
      findings()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['CVE-2019-10906', 'CVE-2020-28493', 'CVE-2023-0286']);
    const found = reports();
    expect(new Set(found.map(({ summary }) => summary?.containerName))).toEqual(new Set(['init', 'web']));
    const jinja = found[0]?.vulnerabilities?.find(({ name }) => name === 'CVE-2019-10906');
    expect(jinja).toMatchObject({ fixedIn: [{ version: '2.10.1' }], layerHash: pythonLayer.diffId });
    expect(jinja?.layers[0]).toMatchObject({ parentLayerHash: debian.diffId, layerOrder: 1 });
    expect(await readdir(scratchRoot)).toEqual([]);
  });

  it('B29 pulls with the login of the registry, every byte of the password as it is', async () => {
    const registry = await startFakeRegistry({ login: { scheme: 'basic', username: 'robot', password } });
    cleanups.push(() => registry.stop());
    registry.push('private', '1', vulnerable);
    const { scan, findings } = await start();
    const imageTag = `${registry.host}/private:1`;
    const credentialsList = [{ serveraddress: registry.host, username: 'robot', password }];
    expect(await scan({ imageTag, credentialsList })).toMatchObject({ state: 'succeeded' });
    expect(findings()).toContainEqual(expect.objectContaining({ id: 'CVE-2019-10906' }));
    expect(registry.requests.filter(({ url }) => url.includes('robot'))).toEqual([]);
  });

  it('scans an image for another processor than this one', async () => {
    const registry = await startFakeRegistry();
    cleanups.push(() => registry.stop());
    const platform = process.arch === 'arm64' ? 'linux/amd64' : 'linux/arm64';
    registry.push('other', '1', buildImage({ platform, layers: [layer(pythonPackage('Jinja2', '2.10'))] }));
    const { scan, records } = await start();
    const imageTag = `${registry.host}/other:1`;
    expect(await scan({ imageTag, platform })).toMatchObject({ state: 'succeeded' });
    expect(records()).toEqual([expect.objectContaining({ platform, findings: 2 })]);
  });

  it('B20 a blob that stalls after ten bytes holds nobody up, and leaves no files', { timeout: 60_000 }, async () => {
    const [, [blob, bytes] = ['', Buffer.alloc(0)]] = [...vulnerable.blobs];
    const registry = await startFakeRegistry({
      intercept: (request, response) => {
        if (request.url?.endsWith(`/stalled/blobs/${blob}`) !== true) return undefined;
        response.writeHead(200, { 'content-length': bytes.length });
        response.write(bytes.subarray(0, 10));
        return 'answered';
      },
    });
    cleanups.push(() => registry.stop());
    registry.push('stalled', '1', vulnerable);
    registry.push('healthy', '1', buildImage({ layers: [layer(pythonPackage('Jinja2', '2.10'))], labels: { a: 'b' } }));
    const { scan, records, scratchRoot } = await start({ scanConcurrency: 1, scanTimeout: '10s' });
    const [stalled, healthy] = await Promise.all([
      scan({ imageTag: `${registry.host}/stalled:1` }),
      scan({ imageTag: `${registry.host}/healthy:1` }),
    ]);
    expect(stalled).toMatchObject({
      state: 'failed',
      failure: { code: 'SBOM_INCOMPLETE', message: 'timeout while pulling' },
    });
    expect(healthy).toMatchObject({ state: 'succeeded', result: { findings: 2 } });
    expect(records()).toContainEqual(
      expect.objectContaining({ state: 'notEvaluated', detail: 'timeout while pulling' }),
    );
    expect(await readdir(scratchRoot)).toEqual([]);
  });
});

function matcher(directory: string) {
  return createGrype({
    env: process.env,
    databaseDirectory: join(directory, 'grype'),
    scratchRoot: join(directory, 'scratch'),
    mode: 'off',
    memoryBytes: 1024 ** 3,
  });
}
