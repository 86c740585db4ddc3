import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGrype, writeGrypeDatabase } from '@kso/engines';
import { freePort, pod, runningStatus } from '@kso/testkit';
import { type ControlPlane, startControlPlane } from '@kso/testkit/control-plane';
import { jinjaAdvisory, opensslAdvisory } from '@kso/testkit/grype-database';
import { buildImage, debianBaseLayer, layer, pushImage, pythonPackage } from '@kso/testkit/images';
import { missingPrograms } from '@kso/testkit/programs';
import { startTestRedis } from '@kso/testkit/redis';
import { type Registry, startRegistry } from '@kso/testkit/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployable, startDeployable } from '../support/deployable.ts';
import { endpointClient } from '../support/endpoint-client.ts';

/** What a deployment of the suite needs to know about the world of the test. */
interface World {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly registry: string;
  readonly databaseDirectory: string;
}

/** The suite, however it is run; `url` is the CloudEndpoint's. */
interface Deployment {
  readonly url: string;
  stop(): Promise<void>;
}

const clusterName = 'image-path';
const skipped = missingPrograms('etcd', 'kube-apiserver', 'docker-registry', 'redis-server', 'syft', 'grype');

describe.skipIf(skipped)('from a new pod to its finding at the CloudEndpoint', { timeout: 240_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-image-path-'));
  const databaseDirectory = path.join(folder, 'grype');
  let cluster: ControlPlane;
  let registry: Registry;

  beforeAll(async () => {
    [cluster, registry] = await Promise.all([startControlPlane(), startRegistry()]);
    await importDatabase(folder, databaseDirectory);
  }, 240_000);
  afterAll(async () => {
    await cluster?.stop();
    await registry?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const world = (name: string): World => ({
    folder: mkdtempSync(path.join(folder, `${name}-`)),
    kubeconfig: cluster.kubeconfig,
    registry: registry.host,
    databaseDirectory,
  });

  it.each([
    { how: 'with everything in one process', namespace: 'one', deploy: startSuite },
    { how: 'with Redis and each service as its own process', namespace: 'many', deploy: startProcesses },
  ])('$how', async ({ namespace, deploy }) => {
    const deployment = await deploy(world(namespace));
    try {
      const endpoint = endpointClient(deployment.url);
      await cluster.client.createNamespace(namespace);
      await runPod(namespace);
      expect(await endpoint.untilImages(clusterName, 1)).toMatchObject([
        { state: 'scanned', workloads: [{ namespace, name: 'web', container: 'app' }] },
      ]);
      expect(await endpoint.vulnerabilities(clusterName)).toMatchObject([
        { name: 'CVE-2019-10906', package: 'jinja2', version: '2.10', fixedIn: '2.10.1' },
      ]);
    } finally {
      await deployment.stop();
      await cluster.client.delete(pod({ name: 'web', namespace }));
    }
  });

  /** A Debian userland with one vulnerable Python package, and a pod that a kubelet would report as running it. */
  async function runPod(namespace: string): Promise<void> {
    const image = buildImage({ layers: [debianBaseLayer(), layer(pythonPackage('Jinja2', '2.10'))] });
    const digest = await pushImage(registry.url, `${namespace}/web`, '1.0', image);
    const reference = `${registry.host}/${namespace}/web:1.0`;
    const web = pod({ name: 'web', namespace, image: reference });
    await cluster.client.apply([web]);
    await cluster.client.patch(web, { status: runningStatus(reference, digest) }, { subresource: 'status' });
  }
});

/** A database of two advisories: one that the image has, one that it does not have. */
async function importDatabase(folder: string, databaseDirectory: string): Promise<void> {
  const file = path.join(folder, 'advisories.db');
  await writeGrypeDatabase({ file, advisories: [jinjaAdvisory, opensslAdvisory], built: new Date() });
  const { database } = createGrype({ env: process.env, scratchRoot: folder, databaseDirectory });
  expect(await database.import(file)).toMatchObject({ outcome: 'changed' });
}

async function startSuite(world: World): Promise<Deployment> {
  const port = await freePort();
  const any = ['GATEWAY_WS', 'GATEWAY', 'OPERATOR', 'SCANNER', 'KUBEVULN'].map((name) => [
    `KSO_SUITE_PORTS_${name}`,
    '0',
  ]);
  const suite = await startDeployable({
    name: 'suite',
    prefix: 'KSO_SUITE',
    healthPort: 'PORTS_HEALTH',
    folder: world.folder,
    env: {
      ...Object.fromEntries(any),
      KSO_SUITE_PORTS_ENDPOINT: String(port),
      KSO_SUITE_DATA_DIR: path.join(world.folder, 'data'),
      KSO_SUITE_CLUSTER_NAME: clusterName,
      KSO_SUITE_TARGET_KUBECONFIG: world.kubeconfig,
      KSO_SUITE_IMAGES_DATABASE_DIRECTORY: world.databaseDirectory,
      KSO_SUITE_IMAGES_UPDATE_DATABASE: 'false',
    },
  });
  return { url: `http://127.0.0.1:${port}`, stop: () => suite.program.stop() };
}

/** Profile G as in a cluster: kollector → gateway → operator → Redis → kubevuln → CloudEndpoint. */
async function startProcesses(world: World): Promise<Deployment> {
  const redis = await startTestRedis();
  const [endpointPort, wsPort, gatewayPort, operatorPort] = await Promise.all(Array.from({ length: 4 }, freePort));
  const url = `http://127.0.0.1:${endpointPort}`;
  const redisAddress = `127.0.0.1:${redis.port}`;
  const running: Deployable[] = [];
  const start = async (name: string, prefix: string, env: Record<string, string>) => {
    running.push(await startDeployable({ name, prefix, folder: world.folder, env }));
  };
  const stop = async () => {
    for (const { program } of running.toReversed()) await program.stop();
    await redis.stop();
  };
  try {
    await start('cloud-endpoint', 'KSO_CLOUD_ENDPOINT', { KSO_CLOUD_ENDPOINT_PORT: String(endpointPort) });
    await start('gateway', 'KSO_GATEWAY', {
      KSO_GATEWAY_WEBSOCKET_PORT: String(wsPort),
      KSO_GATEWAY_HTTP_PORT: String(gatewayPort),
    });
    await start('operator', 'KSO_OPERATOR', {
      KSO_OPERATOR_PORT: String(operatorPort),
      KSO_OPERATOR_DATA_DIR: path.join(world.folder, 'operator'),
      KSO_OPERATOR_CLUSTER_NAME: clusterName,
      KSO_OPERATOR_KUBECONFIG: world.kubeconfig,
      KSO_OPERATOR_REDIS_ADDRESS: redisAddress,
      KSO_OPERATOR_GATEWAY_URL: `ws://127.0.0.1:${wsPort}`,
      KSO_OPERATOR_REPORTS_URL: url,
    });
    await start('kubevuln', 'KSO_KUBEVULN', {
      KSO_KUBEVULN_PORT: '0',
      KSO_KUBEVULN_DATA_DIR: path.join(world.folder, 'kubevuln'),
      KSO_KUBEVULN_DATABASE_DIRECTORY: world.databaseDirectory,
      KSO_KUBEVULN_DATABASE_UPDATE_ENABLED: 'false',
      KSO_KUBEVULN_PLAIN_HTTP_REGISTRIES: world.registry,
      KSO_KUBEVULN_REDIS_ADDRESS: redisAddress,
      KSO_KUBEVULN_REPORT_URL: url,
    });
    await start('kollector', 'KSO_KOLLECTOR', {
      KSO_KOLLECTOR_CLUSTER_NAME: clusterName,
      KSO_KOLLECTOR_KUBECONFIG: world.kubeconfig,
      KSO_KOLLECTOR_GATEWAY_URL: `http://127.0.0.1:${gatewayPort}`,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}
