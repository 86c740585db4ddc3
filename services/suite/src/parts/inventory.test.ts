import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, createMetrics, noopTracer, systemClock } from '@kso/kit';
import { startFakeApiServer } from '@kso/kube/testing';
import { until } from '@kso/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { createSuite, type Suite, suiteConfig } from '../service.ts';

const anyPorts = { endpoint: 0, gateway: 0, gatewayWs: 0, operator: 0, scanner: 0, kubevuln: 0, health: 0 };
const within = 30_000;

const shop = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', uid: 'n1' } };
const digest = `sha256:${'a'.repeat(64)}`;
const web = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', uid: 'p1' },
  spec: { containers: [{ name: 'app', image: 'registry.invalid/app:1' }] },
  status: {
    phase: 'Running',
    containerStatuses: [{ name: 'app', containerID: 'containerd://1', imageID: `registry.invalid/app@${digest}` }],
  },
};

/** A suite that watches a cluster with one pod, without engines. */
async function start(settings: object, env: NodeJS.ProcessEnv = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'kso-suite-inventory-'));
  const cluster = await startFakeApiServer();
  cluster.put(shop);
  cluster.put(web);
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      'current-context': 'fake',
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
      clusters: [{ name: 'fake', cluster: { server: cluster.url } }],
      users: [{ name: 'fake', user: { token: 't' } }],
    }),
  );
  const lines: string[] = [];
  const config = suiteConfig.schema.parse({
    dataDir: join(folder, 'data'),
    clusterName: 'test',
    ports: anyPorts,
    target: { type: 'cluster', name: 'fake', kubeconfig },
    images: { updateDatabase: false },
    ...settings,
  });
  const loggerFor = (service: string) =>
    createLogger({ service, level: 'info', destination: { write: (line) => void lines.push(line) } });
  const suite = createSuite(config, {
    logger: loggerFor('suite'),
    loggerFor,
    metrics: createMetrics(),
    tracer: noopTracer,
    clock: systemClock,
    env: { PATH: '/nowhere', KSO_TOOLS_DIR: join(folder, 'no-tools'), ...env },
  });
  onTestFinished(async () => {
    await suite.stop();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
    // Scans that have begun may take their time to end.
  }, within);
  await suite.start();
  await suite.scanPosture(AbortSignal.timeout(within));
  return { suite, lines };
}

const imagesOf = async (suite: Suite, headers: Readonly<Record<string, string>> = {}) => {
  const answer = await fetch(`${suite.urls().endpoint}/v1/enterprise/inventories`, { headers });
  return (await answer.json()) as { image_tag: string }[];
};

test('the inventory goes to the CloudEndpoint of the suite unless its settings name an API', async () => {
  const account = { account: 'tenant', accessKey: 'key' };
  for (const [settings, headers] of [
    [{}, {}],
    [account, { 'x-api-key': 'key' }],
  ] as const) {
    const { suite } = await start({ inventory: { enabled: 'true' }, ...settings });
    await until('the images in use are listed', async () => (await imagesOf(suite, headers)).length > 0, { within });
    expect(await imagesOf(suite, headers)).toMatchObject([
      { image_tag: 'registry.invalid/app:1', image_digest: digest, context: 'test/shop' },
    ]);
  }
});

test('with a backend elsewhere it says that it needs an API', async () => {
  const { lines } = await start({ inventory: { enabled: true }, backend: { reportUrl: 'http://127.0.0.1:9' } });
  expect(lines.filter((line) => line.includes('inventories are sent nowhere'))).toHaveLength(1);
});

test('it is off by default', async () => {
  const { lines } = await start({}, { ANCHORE_K8S_INVENTORY_ANCHORE_URL: 'http://127.0.0.1:9' });
  const started = lines.map((line) => JSON.parse(line) as { msg: string; inventory?: boolean });
  expect(started.find(({ msg }) => msg === 'watching what runs')).toMatchObject({ inventory: false });
});
