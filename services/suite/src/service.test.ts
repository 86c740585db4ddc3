import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, createMetrics, noopTracer, systemClock } from '@kso/kit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSuite, type Suite, type SuiteEvent, suiteConfig } from './service.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'naughty', namespace: 'shop' },
  spec: { containers: [{ name: 'app', image: 'registry.invalid/app:1', securityContext: { privileged: true } }] },
};

const anyPorts = { endpoint: 0, gateway: 0, gatewayWs: 0, operator: 0, scanner: 0, kubevuln: 0, health: 0 };
const logger = createLogger({ service: 'test', level: 'silent' });

let folder: string;
let suites: Suite[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kso-suite-'));
  writeFileSync(join(folder, 'pod.json'), JSON.stringify(pod));
  suites = [];
});

afterEach(async () => {
  for (const suite of suites) await suite.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Without engines: images are "not evaluated" at once, and nothing leaves the machine. */
function newSuite(ports: Partial<typeof anyPorts> = {}): Suite {
  const config = suiteConfig.schema.parse({
    dataDir: join(folder, 'data'),
    clusterName: 'test',
    ports: { ...anyPorts, ...ports },
    target: { type: 'manifests', name: 'pods', path: join(folder, 'pod.json') },
    images: { updateDatabase: false },
  });
  const suite = createSuite(config, {
    logger,
    loggerFor: () => logger,
    metrics: createMetrics(),
    tracer: noopTracer,
    clock: systemClock,
    env: { PATH: '/nowhere', KSO_TOOLS_DIR: join(folder, 'no-tools') },
  });
  suites.push(suite);
  return suite;
}

describe('the suite', () => {
  test('scans configuration and images through all its services and delivers to its CloudEndpoint', async () => {
    const suite = newSuite();
    const events: SuiteEvent['type'][] = [];
    suite.onEvent((event) => events.push(event.type));
    await suite.start();

    expect(await suite.scanPosture()).toMatchObject({ ok: true, result: { failedResources: 1 } });
    await suite.imagesScanned();
    const { posture, images, pending, imageScans } = await suite.snapshot();
    expect(posture?.summaryDetails.controls['C-0057']?.status).toBe('failed');
    expect(images).toMatchObject([
      { state: 'notEvaluated', image: 'registry.invalid/app:1', reason: 'sbomEngineMissing' },
    ]);
    expect({ pending, state: imageScans.state }).toEqual({ pending: [], state: 'lacking' });
    expect(new Set(events)).toEqual(new Set(['posture', 'images']));

    await suite.delivered(AbortSignal.timeout(10_000));
    const { endpoint, operator } = suite.urls();
    const clusters = (await (await fetch(`${endpoint}/api/clusters`)).json()) as { items: unknown[] };
    expect(clusters.items).toMatchObject([{ name: 'test', notEvaluatedImages: 1 }]);
    const jobs = (await (await fetch(`${operator}/v1/jobs`)).json()) as { jobs: { commandName: string }[] };
    expect(jobs.jobs.map(({ commandName }) => commandName).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'kubescapeScan',
      'scan',
    ]);
  });

  test('takes a command from its dashboard through the gateway, and tells there how it ended', async () => {
    const suite = newSuite();
    await suite.start();
    const { endpoint } = suite.urls();
    const command = {
      commandName: 'kubescapeScan',
      args: { scanV1: {} },
      jobTracking: { jobID: 'from-the-dashboard' },
    };
    const send = () =>
      fetch(`${endpoint}/api/commands`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ cluster: 'test', command }),
      });
    // The operator registers with the gateway on its own time.
    await expect.poll(async () => (await send()).status, { timeout: 15_000 }).toBe(202);
    const steps = async () => {
      const answer = await fetch(`${endpoint}/api/clusters/test/jobs/from-the-dashboard/steps`);
      return ((await answer.json()) as { items?: { status: string }[] }).items?.map(({ status }) => status);
    };
    await expect.poll(steps, { timeout: 15_000 }).toEqual(['started', 'started', 'started', 'done']);
  });

  test('B09 a command that names unknown controls fails with their list', async () => {
    const suite = newSuite();
    await suite.start();
    const { operator } = suite.urls();
    const scanV1 = { targetType: 'control', targetNames: ['C-0057', 'c-0O13'] };
    const command = { commandName: 'kubescapeScan', args: { scanV1 }, jobTracking: { jobID: 'typo' } };
    const body = JSON.stringify({ commands: [command] });
    await fetch(`${operator}/v1/triggerAction`, { method: 'POST', body });
    const job = async () => (await fetch(`${operator}/v1/jobs/typo`)).json();
    await expect.poll(job, { timeout: 15_000 }).toMatchObject({
      state: 'failed',
      children: [{ failure: { message: 'unknown frameworks or controls: c-0O13' } }],
    });
  });

  test('keeps recurring scans that commands ask for, over a restart', async () => {
    const first = newSuite();
    await first.start();
    const command = async (suite: Suite, commandName: string, args: object) => {
      const answer = await fetch(`${suite.urls().operator}/v1/triggerAction`, {
        method: 'POST',
        headers: { accept: 'application/json' },
        body: JSON.stringify({ commands: [{ commandName, wildWlid: 'wlid://cluster-test', args }] }),
      });
      const [receipt] = ((await answer.json()) as { commands: { jobId: string }[] }).commands;
      const job = async () => (await fetch(`${suite.urls().operator}/v1/jobs/${receipt?.jobId}`)).json();
      await expect
        .poll(job, { timeout: 15_000 })
        .toMatchObject({ state: expect.not.stringMatching('running') as string });
      return (await job()) as {
        state: string;
        schedules: { name: string; cron: string }[];
        failure?: { code: string };
      };
    };
    const made = await command(first, 'setVulnScanCronJob', { jobParams: { cronTabSchedule: '15 3 * * *' } });
    const name = made.schedules[0]?.name ?? '';
    expect(made).toMatchObject({ state: 'succeeded', schedules: [{ cron: '15 3 * * *' }] });
    await first.stop();

    const second = newSuite();
    await second.start();
    const jobParams = { name, cronTabSchedule: '30 4 * * *' };
    expect(await command(second, 'updateVulnScanCronJob', { jobParams })).toMatchObject({
      state: 'succeeded',
      schedules: [{ name, cron: '30 4 * * *' }],
    });
    expect((await command(second, 'deleteVulnScanCronJob', { jobParams: { name } })).state).toBe('succeeded');
    const again = await command(second, 'deleteVulnScanCronJob', { jobParams: { name } });
    expect(again.failure?.code).toBe('SCHEDULE_UNKNOWN');
  });

  test('a second one cannot use its data folder; the next one after it can', async () => {
    const first = newSuite();
    await first.start();
    await expect(newSuite().start()).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' });
    await first.stop();
    await first.stop();
    await newSuite().start();
  });

  test('a port in use is named with the option that moves it, and nothing stays behind', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const address = blocker.address();
    const scanner = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await expect(newSuite({ scanner }).start()).rejects.toMatchObject({
      code: 'LISTENER_IN_USE',
      context: { port: scanner, listener: 'scanner', option: '--listen scanner=PORT' },
    });
    blocker.close();
    // The lock and the other ports are free again.
    await newSuite().start();
  });

  test('waiting for the first scan ends with the signal', async () => {
    const suite = newSuite();
    await suite.start();
    await expect(suite.scanPosture(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    await expect(suite.imagesScanned(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
