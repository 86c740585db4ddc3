import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startFakeRegistry } from '@kso/registry/testing';
import { freePort, until } from '@kso/testkit';
import { missingPrograms } from '@kso/testkit/programs';
import { startTestRedis } from '@kso/testkit/redis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startDeployable } from '../support/deployable.ts';
import { imageOf, importJinjaDatabase, packages } from './support/jinja.ts';
import { startReceiver } from './support/scan-receiver.ts';

const within = { within: 300_000 };
const token = 'token-of-the-workers';
describe.skipIf(missingPrograms('redis-server', 'syft', 'grype'))('workers of kubevuln', { timeout: 600_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-workers-'));
  const databaseDirectory = path.join(folder, 'grype');
  const tokenFile = path.join(folder, 'token');
  beforeAll(async () => {
    writeFileSync(tokenFile, token, { mode: 0o600 });
    await importJinjaDatabase(folder, databaseDirectory);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('make all SBOMs, each once, and one that is killed at work loses none', async () => {
    const stalled = Promise.withResolvers<void>();
    let stalls = 1;
    const pulls = new Map<string, number>();
    const registry = await startFakeRegistry({
      intercept: ({ url = '', method }, response) => {
        const [, name = ''] = /^\/v2\/([\w-]+)\/blobs\//.exec(url) ?? [];
        if (method !== 'GET' || !url.endsWith(packages.digest)) return undefined;
        pulls.set(name, (pulls.get(name) ?? 0) + 1);
        if (name !== 'victim' || stalls === 0) return undefined;
        // The worker that pulls it first is killed while it waits.
        stalls -= 1;
        response.writeHead(200, { 'content-length': packages.blob.length }).write(packages.blob.subarray(0, 10));
        stalled.resolve();
        return 'answered';
      },
    });
    onTestFinished(() => registry.stop());
    const endpoint = await startReceiver();
    const redis = await startTestRedis();
    onTestFinished(() => redis.stop());
    const port = await freePort();
    const owner = await startDeployable({
      name: 'kubevuln',
      prefix: 'KSO_KUBEVULN',
      folder,
      env: {
        KSO_KUBEVULN_PORT: String(port),
        KSO_KUBEVULN_DATA_DIR: path.join(folder, 'data'),
        KSO_KUBEVULN_DATABASE_DIRECTORY: databaseDirectory,
        KSO_KUBEVULN_DATABASE_UPDATE_ENABLED: 'false',
        KSO_KUBEVULN_REDIS_ADDRESS: `${redis.host}:${redis.port}`,
        KSO_KUBEVULN_REPORT_URL: endpoint.url,
        KSO_KUBEVULN_WORKERS_ENABLED: 'true',
        KSO_KUBEVULN_WORKERS_ACCESS_TOKEN_FILE: tokenFile,
        // What no worker makes would not be made: nothing here may be the owner's own work.
        KSO_KUBEVULN_WORKERS_TAKE_WITHIN: '5m',
      },
    });
    onTestFinished(() => owner.program.stop());
    const startWorker = async (name: string) => {
      const worker = await startDeployable({
        name: 'kubevuln',
        main: 'src/workers/main.ts',
        prefix: 'KSO_KUBEVULN_WORKER',
        folder,
        env: {
          KSO_KUBEVULN_WORKER_OWNER: `http://127.0.0.1:${port}`,
          KSO_KUBEVULN_WORKER_TOKEN_FILE: tokenFile,
          KSO_KUBEVULN_WORKER_REDIS_ADDRESS: `${redis.host}:${redis.port}`,
          KSO_KUBEVULN_WORKER_DATA_DIR: path.join(folder, name),
        },
      });
      onTestFinished(() => worker.program.stop());
      return worker;
    };
    const scan = async (name: string, containerName: string, index: number) => {
      const body = {
        imageTag: `${registry.host}/${name}:1`,
        imageHash: imageOf(index).descriptor.digest,
        wlid: `wlid://cluster-c/namespace-shop/deployment-${name}`,
        containerName,
        jobID: `job-${name}-${containerName}`,
      };
      const url = `http://127.0.0.1:${port}/v1/scanImage`;
      expect((await fetch(url, { method: 'POST', body: JSON.stringify(body) })).status).toBe(200);
    };

    const names = ['victim', 'one', 'two', 'three', 'four', 'five'];
    for (const [index, name] of names.entries()) registry.push(name, '1', imageOf(index));
    const victim = await startWorker('victim');
    await scan('victim', 'app', 0);
    await stalled.promise;
    victim.program.kill('SIGKILL');
    await victim.program.ended;

    const survivors = [await startWorker('first'), await startWorker('second')];
    for (const [index, name] of names.entries()) {
      if (name !== 'victim') await scan(name, 'app', index);
      await scan(name, 'sidecar', index);
    }
    const ended = await until(
      'an end of each',
      () => (endpoint.ends().length >= 2 * names.length ? endpoint.ends() : undefined),
      within,
    );
    const expected = names.flatMap((name) => [name, name]).map((name) => ({ name, reason: 'CVE-2019-10906' }));
    const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
    expect(ended.toSorted(byName)).toEqual(expected.toSorted(byName));
    // Each was pulled by one worker, and the victim once more.
    expect(Object.fromEntries(pulls)).toEqual({ victim: 2, one: 1, two: 1, three: 1, four: 1, five: 1 });

    const metrics = await (await fetch(`${owner.healthUrl}/metrics`)).text();
    expect(metrics).toContain(`kubevuln_worker_orders_total{end="answered"} ${names.length}`);
    for (const { healthUrl } of survivors) {
      const text = await (await fetch(`${healthUrl}/metrics`)).text();
      expect(text).toMatch(/kubevuln_worker_order_duration_seconds_count\{outcome="created"\} [1-9]/);
    }
    for (const name of ['first', 'second', 'data']) expect(readdirSync(path.join(folder, name, 'scratch'))).toEqual([]);
  });
});
