import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFakeRegistry } from '@kso/registry/testing';
import { freePort, until } from '@kso/testkit';
import { buildImage, largeLayer } from '@kso/testkit/images';
import { missingPrograms } from '@kso/testkit/programs';
import { startTestRedis } from '@kso/testkit/redis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Deployable, startDeployable } from '../support/deployable.ts';
import { imageOf, importJinjaDatabase, packages } from './support/jinja.ts';
import { startReceiver } from './support/scan-receiver.ts';

const skipped = missingPrograms('redis-server', 'syft', 'grype');
/** A small disk of its own can be had by root alone. */
function cannotMount(): boolean {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) process.stderr.write('SKIPPED: the test of a full disk mounts one, and needs root\n');
  return !isRoot;
}

const within = { within: 300_000 };

describe.skipIf(skipped)(
  'every image that is asked for ends with one result or one named failure',
  { timeout: 600_000 },
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kso-faults-'));
    const databaseDirectory = path.join(folder, 'grype');
    beforeAll(() => importJinjaDatabase(folder, databaseDirectory));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('B20 B39 with a registry that refuses and stalls, Redis away, an engine and the service killed', async () => {
      const stalling = new Map<string, () => void>();
      const registry = await startFakeRegistry({
        intercept: ({ url = '' }, response) => {
          if (url.includes('/limited/')) response.writeHead(429, { 'retry-after': '0' }).end();
          else if (url.includes('/broken/')) response.writeHead(500).end();
          else if (/\/(stalled|victim)\/blobs\//.test(url) && url.endsWith(packages.digest)) {
            response.writeHead(200, { 'content-length': packages.blob.length }).write(packages.blob.subarray(0, 10));
            stalling.get(/victim/.test(url) ? 'victim' : 'stalled')?.();
          } else return undefined;
          return 'answered';
        },
      });
      onTestFinished(() => registry.stop());
      const good = Array.from({ length: 10 }, (_, index) => `good-${index}`);
      const bad = ['limited', 'broken', 'stalled', 'victim', 'absent'];
      for (const [index, name] of [...good, ...bad].entries()) {
        if (name !== 'absent') registry.push(name, '1', imageOf(index));
      }
      const endpoint = await startReceiver();
      const redis = await startTestRedis();
      onTestFinished(() => redis.stop());
      const port = await freePort();
      const start = (): Promise<Deployable> =>
        startDeployable({
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
            KSO_KUBEVULN_SCAN_TIMEOUT: '15s',
          },
        });
      let kubevuln = await start();
      onTestFinished(() => kubevuln.program.stop());
      const scan = async (name: string) => {
        const body = {
          imageTag: `${registry.host}/${name}:1`,
          imageHash: imageOf([...good, ...bad].indexOf(name)).descriptor.digest,
          wlid: `wlid://cluster-c/namespace-shop/deployment-${name}`,
          containerName: 'app',
          jobID: `job-${name}`,
        };
        // Who is refused because the queue is away asks again, as the operator does.
        await until(`an answer to ${name}`, async () => {
          const url = `http://127.0.0.1:${port}/v1/scanImage`;
          const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
          return answer.status === 200;
        });
      };

      // An engine is killed while it pulls.
      const pulling = new Promise<void>((resolve) => stalling.set('victim', resolve));
      await scan('victim');
      await pulling;
      for (const pid of childrenOf(kubevuln.program.pid))
        if (commandOf(pid).includes('syft')) process.kill(pid, 'SIGKILL');

      for (const name of [...good.slice(0, 5), 'limited', 'broken', 'absent']) await scan(name);
      await redis.kill();
      // The time without Redis is what is tested, and nothing to wait for.
      await sleep(5000);
      await redis.restart();
      // The service dies with an engine at work.
      const stalled = new Promise<void>((resolve) => stalling.set('stalled', resolve));
      for (const name of ['stalled', ...good.slice(5)]) await scan(name);
      await stalled;
      const engines = childrenOf(kubevuln.program.pid);
      kubevuln.program.kill('SIGKILL');
      await kubevuln.program.ended;
      await until(
        'the engines have ended with it',
        async () => engines.every((pid) => !isRunning(pid)) || undefined,
        within,
      );
      kubevuln = await start();

      const workloads = [...good, ...bad].sort();
      const ended = await until(
        'an end of each',
        async () => (endpoint.ends().length >= workloads.length ? endpoint.ends() : undefined),
        within,
      );
      expect(ended.map(({ name }) => name).sort()).toEqual(workloads);
      const reasons = Object.fromEntries(ended.map(({ name, reason }) => [name, reason]));
      expect(reasons).toEqual({
        ...Object.fromEntries(good.map((name) => [name, 'CVE-2019-10906'])),
        limited: 'sbom_generation_failed',
        broken: 'sbom_generation_failed',
        stalled: 'sbom_incomplete',
        victim: 'scanner_oom_killed',
        absent: 'image_not_found',
      });
      expect(readdirSync(path.join(folder, 'data', 'scratch'))).toEqual([]);
    });

    it.skipIf(cannotMount())(
      'with a full disk: the image that does not fit is named, the next one has its result',
      async () => {
        const dataDir = path.join(folder, 'small');
        mkdirSync(dataDir);
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'none', dataDir]);
        onTestFinished(() => void execFileSync('umount', ['--lazy', dataDir]));
        const registry = await startFakeRegistry();
        onTestFinished(() => registry.stop());
        registry.push('huge', '1', buildImage({ layers: [packages, largeLayer('bulk', 64 * 1024 * 1024)] }));
        registry.push('fits', '1', imageOf(0));
        const endpoint = await startReceiver();
        const port = await freePort();
        const kubevuln = await startDeployable({
          name: 'kubevuln',
          prefix: 'KSO_KUBEVULN',
          folder,
          env: {
            KSO_KUBEVULN_PORT: String(port),
            KSO_KUBEVULN_DATA_DIR: dataDir,
            KSO_KUBEVULN_DATABASE_DIRECTORY: databaseDirectory,
            KSO_KUBEVULN_DATABASE_UPDATE_ENABLED: 'false',
            KSO_KUBEVULN_REPORT_URL: endpoint.url,
            KSO_KUBEVULN_SCAN_CONCURRENCY: '1',
          },
        });
        onTestFinished(() => kubevuln.program.stop());
        for (const name of ['huge', 'fits']) {
          const wlid = `wlid://cluster-c/namespace-shop/deployment-${name}`;
          const imageHash = `sha256:${'0'.repeat(64)}`;
          const body = JSON.stringify({
            imageTag: `${registry.host}/${name}:1`,
            imageHash,
            wlid,
            containerName: 'app',
          });
          const answer = await fetch(`http://127.0.0.1:${port}/v1/scanImage`, { method: 'POST', body });
          expect(answer.status).toBe(200);
        }
        const ended = await until(
          'an end of each',
          () => (endpoint.ends().length >= 2 ? endpoint.ends() : undefined),
          within,
        );
        expect(ended.sort((a, b) => a.name.localeCompare(b.name))).toEqual([
          { name: 'fits', reason: 'CVE-2019-10906' },
          { name: 'huge', reason: 'sbom_generation_failed' },
        ]);
        expect(readdirSync(path.join(dataDir, 'scratch'))).toEqual([]);
      },
    );
  },
);

/** Processes below one, at any depth. */
function childrenOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = /^PPid:\s+(\d+)/m.exec(readProc(`/proc/${entry}/status`))?.[1];
    if (parent !== undefined) parents.set(Number(entry), Number(parent));
  }
  const below = new Set([pid]);
  for (const id of below) for (const [child, parent] of parents) if (parent === id) below.add(child);
  below.delete(pid);
  return [...below];
}

function commandOf(pid: number): string {
  return readProc(`/proc/${pid}/cmdline`);
}

function isRunning(pid: number): boolean {
  const state = /^State:\s+(\S)/m.exec(readProc(`/proc/${pid}/status`))?.[1];
  return state !== undefined && state !== 'Z';
}

function readProc(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // It has ended.
    return '';
  }
}
