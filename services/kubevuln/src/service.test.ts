import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fakeDatabase } from '@kso/engines';
import { startFakeRegistry } from '@kso/registry/testing';
import type { QueuedEntry } from '@kso/store';
import { until } from '@kso/testkit';
import { buildImage, buildIndex, layer } from '@kso/testkit/images';
import { ContainerScanReport, ScanFailureReport } from '@kso/wire';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  arm,
  cart,
  ended,
  password,
  startKubevuln as start,
  stopAllKubevulns,
  windows,
  workload,
} from './testing/start-kubevuln.ts';

afterEach(stopAllKubevulns);

describe('POST /v1/scanImage', () => {
  it('accepts with 200 and the normalised image, before anything runs', async () => {
    const { post } = await start();
    const imageHash = `sha256:${'c'.repeat(64)}`;
    const answer = await post({ imageTag: 'nginx:1.25', imageHash, wlid: workload });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toEqual({
      detail: `Wlid=${workload}, ImageHash=index.docker.io/library/nginx@${imageHash}`,
      status: 200,
      title: 'OK',
    });
  });

  it.each(['', 'no json', '[]', '7', '{"imageTag": 7}', '{"session": "x"}', '{"credentialsList": {}}'])(
    'answers %s with 400 and no detail',
    async (body) => {
      const { post } = await start();
      const answer = await post(body);
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toEqual({ status: 400, title: 'Bad Request' });
    },
  );

  it.each([
    ['hunter2', 'the body is no JSON'],
    ['["hunter2"]', 'the body is no object'],
    ['{"credentialsList": [{"password": {"hunter2": 1}}]}', 'credentialsList.0.password: invalid_type'],
  ])('logs why %s was refused, without quoting it', async (body, problem) => {
    const { post, lines } = await start();
    const answer = await post(body);
    const line = lines.map((text) => JSON.parse(text)).find(({ msg }) => String(msg).includes('refused'));
    expect(line).toMatchObject({ level: 'warn', problem, requestId: answer.headers['x-request-id'] });
    expect(lines.join('')).not.toContain('hunter2');
  });

  it('takes nothing from a page of another site', async () => {
    const { service, queue } = await start();
    const payload = JSON.stringify({ imageTag: 'nginx:1.25', wlid: workload });
    const headers = { origin: 'https://evil.example', 'content-type': 'text/plain' };
    const answer = await service.app.inject({ method: 'POST', url: '/v1/scanImage', headers, payload });
    expect(answer.statusCode).toBe(403);
    expect(await queue.list({ limit: 10 })).toEqual([]);
  });

  it('answers a request without a usable image with 400 and detail', async () => {
    const { post } = await start();
    expect((await post({ wlid: 'w' })).json()).toEqual({
      detail: 'Wlid=w, ImageHash=',
      status: 400,
      title: 'Bad Request',
    });
    const short = await post({ imageTag: 'nginx', imageHash: 'abc' });
    expect(short.statusCode).toBe(400);
  });

  it('reads keys in any letter case, the exact spelling first, and ignores options of a wrong type', async () => {
    const { post, queue } = await start({ config: { enginesExpected: true }, engineMissing: true });
    await post({
      IMAGETAG: 'wrong:1',
      imageTag: 'nginx:1.25',
      imagehash: `sha256:${'c'.repeat(64)}`,
      jobId: 'j1',
      ParentJobId: 'p1',
      Session: { jobids: ['s1'] },
      args: { UseHttp: true, skipTLSVerify: 'yes', PLATFORM: 'arm64' },
      unknown: {},
    });
    expect(await queue.getByJobId('j1')).toMatchObject({
      parentId: 'p1',
      payload: { imageTag: 'nginx:1.25', sessionJobIds: ['s1'], useHTTP: true, platform: 'arm64' },
    });
    expect((await queue.getByJobId('j1'))?.payload).not.toHaveProperty('skipTLSVerify');
    const imageHash = `sha256:${'c'.repeat(64)}`;
    await post({ imageTag: 'nginx:1.25', imageHash, jobID: 'j2', args: { platform: 'x'.repeat(100_000) } });
    expect((await queue.getByJobId('j2'))?.payload).not.toHaveProperty('platform');
  });

  it('says 503 when the queue is full', async () => {
    const { post } = await start({ config: { enginesExpected: true, maxQueueDepth: 1 }, engineMissing: true });
    const body = { imageTag: 'nginx', imageHash: `sha256:${'c'.repeat(64)}` };
    expect((await post(body)).statusCode).toBe(200);
    const full = await post({ ...body, containerName: 'other' });
    expect(full.statusCode).toBe(503);
    expect(full.json()).toMatchObject({ status: 503, title: 'Service Unavailable' });
  });

  it('B29 keeps logins out of the journal and the log', async () => {
    const credentialslist = [{ serveraddress: 'nowhere.example.com', username: 'robot-7', password }];
    const { scan, journal, lines, records } = await start();
    await scan({ credentialslist });
    const journalBytes =
      (await readFile(journal)).toString('latin1') + (await readFile(`${journal}-wal`)).toString('latin1');
    for (const text of [journalBytes, lines.join(''), JSON.stringify(records())]) {
      expect(text).not.toContain('robot-7');
      expect(text).not.toContain('p[a<s');
    }
  });
});

describe('a scan', () => {
  it('ends in a stored result and one report', async () => {
    const { scan, entries, records, registry, woken } = await start();
    const record = await scan({ session: { jobIDs: ['parent'] } });
    expect(record).toMatchObject({
      state: 'succeeded',
      result: { findings: 1, packages: 1, bySeverity: { High: 1 } },
    });
    expect(records()).toEqual([
      expect.objectContaining({ state: 'evaluated', digest: cart.descriptor.digest, findings: 1, fixable: 1 }),
    ]);
    const [entry, ...more] = entries();
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ path: '/k8s/v2/containerScan', jobId: record.jobId });
    const report = ContainerScanReport.parse(JSON.parse(entry?.body ?? ''));
    expect(report.summary).toMatchObject({ customerGUID: 'acc', jobIDs: ['parent', record.jobId], namespace: 'shop' });
    expect(report.vulnerabilities).toHaveLength(1);
    expect(report.summary?.imageHash).toBe(`${registry.host}/shop/cart@${cart.descriptor.digest}`);
    expect(woken()).toBe(1);
  });

  it('of a workload with a strange instance id is reported under keys that a header can carry', async () => {
    const { scan, entries } = await start();
    await scan({ instanceID: `ключ\r\nx: y ${'z'.repeat(3000)}` });
    const keys = entries().map(({ idempotencyKey }) => idempotencyKey);
    expect(keys).toEqual([expect.stringMatching(/^[\w/]{1,100}$/)]);
  });

  it('is shown by scanStatus under the id of its request', async () => {
    const { scan, service } = await start();
    const record = await scan({});
    const answer = await service.app.inject(`/v1/scanStatus/${record.jobId}`);
    expect(answer.json()).toMatchObject({ jobID: record.jobId, state: 'succeeded', phase: 'completed' });
    const unknown = await service.app.inject('/v1/scanStatus/none');
    expect(unknown.statusCode).toBe(404);
    expect(unknown.json()).toEqual({ detail: 'jobID=none', status: 404, title: 'Not Found' });
  });

  it('B27 of an image that is known costs no pull and no match, and an unchanged answer is not reported again', async () => {
    const { scan, entries, sbomEngine, matcher } = await start();
    await scan({});
    await scan({});
    await scan({ wlid: 'wlid://cluster-c/namespace-shop/deployment-other' });
    expect(sbomEngine.requests).toHaveLength(1);
    expect(matcher.matched).toBe(1);
    expect(entries()).toHaveLength(2);
  });

  it('with a new database matches the kept SBOM again and reports the new answer', async () => {
    const { scan, entries, sbomEngine, matcher } = await start();
    await scan({});
    matcher.setDatabase(fakeDatabase({ digest: 'fake:2', sample: true }));
    await scan({});
    expect(sbomEngine.requests).toHaveLength(1);
    expect(matcher.matched).toBe(2);
    const reports = entries().map(({ body }) => ContainerScanReport.parse(JSON.parse(body)));
    expect(reports.map(({ summary }) => summary?.vulnerabilityDatabase.label)).toEqual([undefined, 'sample']);
  });

  it('B16 of four containers with three images pulls three times and answers each container', async () => {
    const { scan, registry, records, sbomEngine } = await start({ config: { scanConcurrency: 4 } });
    const other = buildImage({ layers: [layer([{ type: 'file', path: 'x', content: 'init' }])] });
    const third = buildImage({ layers: [layer([{ type: 'file', path: 'x', content: 'ephemeral' }])] });
    registry.push('init', '1', other);
    registry.push('debug', '1', third);
    const tag = (name: string) => `${registry.host}/${name}:1`;
    await Promise.all([
      scan({ containerName: 'c1' }),
      scan({ containerName: 'c2' }),
      scan({ containerName: 'i', imageTag: tag('init'), imageHash: other.descriptor.digest }),
      scan({ containerName: 'e', imageTag: tag('debug'), imageHash: third.descriptor.digest }),
    ]);
    expect(sbomEngine.requests).toHaveLength(3);
    expect(records().map(({ containerName, state }) => [containerName, state])).toEqual([
      ['c1', 'evaluated'],
      ['c2', 'evaluated'],
      ['e', 'evaluated'],
      ['i', 'evaluated'],
    ]);
  });

  it('takes the platform of the node and not of this machine', async () => {
    const { scan, registry, records } = await start();
    // What a runtime reports for a multi-platform image is the digest of the index.
    const imageHash = buildIndex([cart, arm]).descriptor.digest;
    await scan({ imageTag: `${registry.host}/multi:1`, imageHash, args: { platform: 'linux/arm64' } });
    expect(records()).toEqual([expect.objectContaining({ digest: arm.descriptor.digest, platform: 'linux/arm64' })]);
  });

  it('two hundred requests for one image: one pull, one match, a report for each workload', async () => {
    const { post, queue, registry, sbomEngine, matcher, entries } = await start();
    const imageTag = `${registry.host}/shop/cart:1`;
    const jobs = Array.from({ length: 200 }, (_, index) => `j${index}`);
    for (const jobID of jobs) {
      const wlid = `wlid://cluster-c/namespace-shop/deployment-${jobID}`;
      await post({ imageTag, imageHash: cart.descriptor.digest, wlid, containerName: 'c', jobID });
    }
    const records = await Promise.all(jobs.map((jobID) => ended(queue, jobID)));
    expect(records.every(({ state }) => state === 'succeeded')).toBe(true);
    expect(sbomEngine.requests).toHaveLength(1);
    expect(matcher.matched).toBe(1);
    expect(entries()).toHaveLength(200);
  });

  it('of a known digest asks no registry', async () => {
    const { scan, registry, records } = await start();
    await scan({});
    await registry.stop();
    await scan({ containerName: 'second' });
    expect(records().map(({ state }) => state)).toEqual(['evaluated', 'evaluated']);
  });

  it('with a kept SBOM that is damaged makes a new one', async () => {
    const { scan, directory, sbomEngine, matcher } = await start();
    await scan({});
    const folder = join(directory, 'sboms');
    for (const name of await readdir(folder)) if (name.endsWith('.zst')) await writeFile(join(folder, name), 'damaged');
    matcher.setDatabase(fakeDatabase({ digest: 'fake:2' }));
    expect(await scan({})).toMatchObject({ state: 'succeeded', result: { findings: 1 } });
    expect(sbomEngine.requests).toHaveLength(2);
  });

  it('looks an image up by its tag when its digest is gone from the registry', async () => {
    const { scan, records } = await start();
    await scan({ imageHash: `sha256:${'d'.repeat(64)}` });
    expect(records()).toEqual([expect.objectContaining({ state: 'evaluated', digest: cart.descriptor.digest })]);
  });

  it('B29 shows a login without a host to the registry of the pod spec only, whatever a runtime says', async () => {
    const { scan } = await start();
    const mirror = await startFakeRegistry({ login: { scheme: 'basic', username: 'robot', password } });
    onTestFinished(() => mirror.stop());
    const imageHash = `${mirror.host}/shop/cart@${cart.descriptor.digest}`;
    await scan({ imageHash, credentialsList: [{ username: 'robot', password }] });
    expect(mirror.requests.length).toBeGreaterThan(0);
    expect(mirror.requests.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  it('B29 logs in where the login belongs, and hands Syft that one login', async () => {
    const { scan, registry, sbomEngine } = await start({
      registry: { login: { scheme: 'basic', username: 'robot', password } },
    });
    const other = { serveraddress: 'registry.example.com', username: 'other', password: 'x' };
    await scan({ credentialsList: [other, { serveraddress: registry.host, username: 'robot', password }] });
    expect(sbomEngine.requests[0]?.source).toMatchObject({
      credentials: [{ authority: registry.host, username: 'robot', password }],
    });
  });
});

describe('"not evaluated"', () => {
  const failureOf = (entries: readonly QueuedEntry[]) => {
    expect(entries.map(({ path }) => path)).toEqual(['/k8s/v2/scanFailure']);
    return ScanFailureReport.parse(JSON.parse(entries[0]?.body ?? ''));
  };

  it('the registry wants a login: the job fails with the reason, and it is reported', async () => {
    const { scan, entries, records } = await start({
      registry: { login: { scheme: 'basic', username: 'a', password: 'b' } },
    });
    const record = await scan({});
    expect(record).toMatchObject({ state: 'failed', failure: { code: 'IMAGE_AUTH_FAILED' } });
    expect(records()).toEqual([expect.objectContaining({ state: 'notEvaluated', reason: 'unauthorized' })]);
    expect(failureOf(entries())).toMatchObject({
      customerGUID: 'acc',
      failureCase: 2,
      failureReason: 'image_auth_failed',
      jobID: record.jobId,
      workloads: [{ clusterName: 'c', namespace: 'shop', workloadKind: 'deployment', workloadName: 'cart' }],
    });
  });

  it('B25 an image for Windows: said once, and nobody failed', async () => {
    const { scan, entries, registry } = await start();
    const image = { imageTag: `${registry.host}/win:1`, imageHash: windows.descriptor.digest };
    const record = await scan(image);
    expect(record).toMatchObject({
      state: 'succeeded',
      result: { notEvaluated: { reason: 'platformNotSupported', detail: expect.stringContaining('windows/amd64') } },
    });
    await scan(image);
    expect(failureOf(entries())).toMatchObject({ failureReason: 'image_not_found' });
  });

  it('B20 a registry that stalls: the result says so and the next image is scanned', async () => {
    const { scan, records, registry } = await start({
      config: { scanTimeout: '400ms', scanConcurrency: 1 },
      registry: { intercept: (request) => (request.url?.includes('/slow/') === true ? 'answered' : undefined) },
    });
    const [slow, healthy] = await Promise.all([
      scan({ imageTag: `${registry.host}/slow:1`, containerName: 'slow' }),
      scan({ containerName: 'healthy' }),
    ]);
    expect(slow).toMatchObject({ state: 'failed', failure: { code: 'SBOM_INCOMPLETE' } });
    expect(healthy.state).toBe('succeeded');
    expect(records()).toContainEqual(
      expect.objectContaining({ containerName: 'slow', state: 'notEvaluated', reason: 'timedOut' }),
    );
  });

  it('a registry that limits pulls: tried again as it asks, then refused at once', async () => {
    let refusals = 0;
    const { scan, post, records, registry } = await start({
      registry: {
        intercept: (_request, response) => {
          refusals += 1;
          response.writeHead(429, { 'retry-after': '0' }).end();
          return 'answered';
        },
      },
    });
    const record = await scan({});
    expect(record).toMatchObject({ state: 'failed', failure: { code: 'SBOM_GENERATION_FAILED' } });
    expect(refusals).toBe(3);
    expect(records()).toEqual([expect.objectContaining({ reason: 'rateLimited' })]);
    const again = await post({ imageTag: `${registry.host}/shop/cart:1`, imageHash: cart.descriptor.digest });
    expect(again.statusCode).toBe(429);
  });

  it('an engine that breaks in a way nobody thought of: the image has no result, and that is said', async () => {
    const { scan, entries, records } = await start({
      sbom: () => Promise.reject(new Error('no space left, says http://bob:hunter2@registry')),
    });
    expect(await scan({})).toMatchObject({ state: 'failed', failure: { code: 'UNEXPECTED_ERROR' } });
    expect(records()).toEqual([
      expect.objectContaining({
        state: 'notEvaluated',
        reason: 'unexpected',
        detail: 'no space left, says http://[redacted]@registry',
      }),
    ]);
    expect(failureOf(entries())).toMatchObject({ failureCase: 0, failureReason: 'unexpected_error' });
  });

  it('an image that is too large is not pulled', async () => {
    const { scan, sbomEngine, records } = await start({ config: { maxImageSize: 10 } });
    await scan({});
    expect(sbomEngine.requests).toHaveLength(0);
    expect(records()).toEqual([expect.objectContaining({ reason: 'imageTooLarge' })]);
  });

  it('a result that comes back after a failure is reported again', async () => {
    const { scan, entries, matcher } = await start();
    await scan({});
    matcher.setStatus({ found: 'missing', program: 'grype', howToGet: 'install it' });
    await scan({});
    matcher.setStatus({ found: 'found', path: '/grype', version: 'v0.121.2' });
    await scan({});
    expect(entries().map(({ path }) => path)).toEqual([
      '/k8s/v2/containerScan',
      '/k8s/v2/scanFailure',
      '/k8s/v2/containerScan',
    ]);
  });
});

describe('without engines or a database', () => {
  it('scans wait while the engines are being built, and run when they are there', async () => {
    const { service, post, queue, sbomEngine, registry } = await start({
      engineMissing: true,
      config: { enginesExpected: true },
    });
    expect(service.notReady?.()).toContain('wait for syft');
    const answer = await service.app.inject('/v1/readiness');
    expect(answer.statusCode).toBe(503);
    await post({ imageTag: `${registry.host}/shop/cart:1`, imageHash: cart.descriptor.digest, jobID: 'j' });
    expect(await queue.getByJobId('j')).toMatchObject({ state: 'waiting' });
    sbomEngine.setStatus({ found: 'found', path: '/syft', version: 'v1.57.0' });
    expect(await ended(queue, 'j')).toMatchObject({ state: 'succeeded' });
    expect(service.notReady?.()).toBeUndefined();
  });

  it('says so when the engines could not be built after all', async () => {
    const { service, post, queue, registry } = await start({ engineMissing: true, config: { enginesExpected: true } });
    await post({ imageTag: `${registry.host}/shop/cart:1`, imageHash: cart.descriptor.digest, jobID: 'j' });
    await service.expect({ engines: false });
    expect(await ended(queue, 'j')).toMatchObject({
      state: 'failed',
      failure: { message: expect.stringContaining('Syft not found') },
    });
  });

  it.each([
    ['sbomEngineMissing', { engineMissing: true }],
    ['databaseMissing', { noDatabase: true }],
  ] as const)('%s: not evaluated, and scanned when it is there', async (reason, options) => {
    const { scan, records, sbomEngine, matcher, service } = await start(options);
    const record = await scan({ credentialsList: [{ username: 'u', password: 'p' }] });
    expect(record.state).toBe('failed');
    expect(records()).toEqual([expect.objectContaining({ state: 'notEvaluated', reason })]);
    expect(service.notReady?.()).toMatch(/Syft not found|grype db update/);
    sbomEngine.setStatus({ found: 'found', path: '/syft', version: 'v1.57.0' });
    matcher.setDatabase(fakeDatabase());
    await until('the scan that was missed', () => records().some(({ state }) => state === 'evaluated'));
  });

  it('waits for the first update of the database, but not for ever', async () => {
    const { post, queue, registry, service } = await start({
      noDatabase: true,
      config: { databaseUpdate: { enabled: true } },
    });
    await post({ imageTag: `${registry.host}/shop/cart:1`, imageHash: cart.descriptor.digest, jobID: 'j' });
    expect(await ended(queue, 'j')).toMatchObject({ state: 'failed', failure: { code: 'CVE_MATCHING_FAILED' } });
    expect(service.notReady?.()).toContain('grype db update');
  });
});

describe('diagnostics and metrics', () => {
  it('show versions, database and counts', async () => {
    const { service, scan } = await start();
    await scan({});
    expect((await service.app.inject('/v1/diagnostics')).json()).toMatchObject({
      sbomCreatorVersion: 'v1.57.0',
      cveScannerVersion: 'v0.121.2-matching-adaptive',
      cveDBVersion: 'fake:1',
      scanTimeout: '5m0s',
      cveDBSample: false,
    });
    const metrics = (await service.app.inject('/metrics')).body;
    expect(metrics).toContain('kubevuln_scans_completed_total{endpoint="scanCVE",outcome="success",reason="none"} 1');
    expect(metrics).toMatch(/kubevuln_db_built_timestamp_seconds 1\d{9}/);
  });
});
