import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger, createMetrics, noopTracer, systemClock } from '@kso/kit';
import { createSuite, type Suite, suiteConfig } from '@kso/suite';
import { deployment } from '@kso/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const cluster = 'test';
const patience = { timeout: 60_000 };
const logger = createLogger({ service: 'test', level: 'silent' });

interface Schedule {
  readonly name: string;
  readonly state: string;
  readonly errors: readonly string[];
  readonly nextRuns: readonly string[];
}

describe('recurring scans that are asked for at the endpoint', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-schedules-'));
  let suite: Suite;

  beforeAll(async () => {
    writeFileSync(path.join(folder, 'web.json'), JSON.stringify(deployment({ name: 'web', namespace: 'shop' })));
    const config = suiteConfig.schema.parse({
      dataDir: path.join(folder, 'data'),
      clusterName: cluster,
      ports: { endpoint: 0, gateway: 0, gatewayWs: 0, operator: 0, scanner: 0, kubevuln: 0, health: 0 },
      target: { type: 'manifests', name: 'web', path: path.join(folder, 'web.json') },
      images: { updateDatabase: false },
    });
    suite = createSuite(config, {
      logger,
      loggerFor: () => logger,
      metrics: createMetrics(),
      tracer: noopTracer,
      clock: systemClock,
      env: { PATH: '/nowhere', KSO_TOOLS_DIR: path.join(folder, 'no-tools') },
    });
    await suite.start();
  });
  afterAll(async () => {
    await suite.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = (method: string, what: string, body?: object) =>
    fetch(`${suite.urls().endpoint}/api/schedules${what}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  const list = async () => ((await (await ask('GET', `?cluster=${cluster}`)).json()) as { items: Schedule[] }).items;

  it.each([
    { kind: 'posture', framework: 'nsa' },
    { kind: 'images', namespace: 'shop' },
  ])('$kind: made, known by the name that the operator gave it, and ended', async (scope) => {
    const wanted = { cluster, cron: '15 3 * * *', timeZone: 'Europe/Berlin', ...scope };
    // The operator registers with the gateway on its own time.
    await expect.poll(async () => (await ask('POST', '', wanted)).ok, patience).toBe(true);
    await expect.poll(list, patience).toMatchObject([{ state: 'active', errors: [] }]);
    const [made] = await list();
    expect(made?.nextRuns).toHaveLength(5);
    const jobs = (await (await fetch(`${suite.urls().operator}/v1/jobs`)).json()) as {
      jobs: { schedules?: { name: string }[] }[];
    };
    expect(jobs.jobs.flatMap(({ schedules = [] }) => schedules.map(({ name }) => name))).toContain(made?.name);

    expect((await ask('DELETE', `/${cluster}/${made?.name}`)).status).toBe(202);
    // Gone from the list only when the operator says that it has ended it, under this name.
    await expect.poll(list, patience).toEqual([]);
  });
});
