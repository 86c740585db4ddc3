import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGrype, writeGrypeDatabase } from '@kso/engines';
import { type FakeApiServer, startFakeApiServer } from '@kso/kube/testing';
import { freePort, pod, runningStatus } from '@kso/testkit';
import { jinjaAdvisory } from '@kso/testkit/grype-database';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '@kso/testkit/otlp';
import { missingPrograms } from '@kso/testkit/programs';
import { startTestRedis, type TestRedis } from '@kso/testkit/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployable, startDeployable } from '../support/deployable.ts';

const sample = path.resolve(import.meta.dirname, '../../deploy/sample');
const cart = {
  reference: 'registry.example.com/shop/cart:2.0.1',
  digest: 'sha256:da76b80f9ca03fcde06b038d1bd4e09c0a9024714ead16798343aa795f872bf8',
};

const withoutEngines = missingPrograms('syft', 'grype');

describe.skipIf(missingPrograms('redis-server'))('a command by REST', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-tracing-'));
  const running: Deployable[] = [];
  let receiver: OtlpReceiver;
  let redis: TestRedis;
  let cluster: FakeApiServer;
  let operatorUrl: string;

  beforeAll(async () => {
    [receiver, redis, cluster] = await Promise.all([startOtlpReceiver(), startTestRedis(), startFakeApiServer()]);
    cluster.put({
      ...pod({ name: 'cart', namespace: 'shop', image: cart.reference }),
      status: runningStatus(cart.reference, cart.digest),
    });
    const endpointPort = await freePort();
    const operatorPort = await freePort();
    const endpointUrl = `http://127.0.0.1:${endpointPort}`;
    operatorUrl = `http://127.0.0.1:${operatorPort}`;
    const redisAddress = `127.0.0.1:${redis.port}`;
    const start = async (name: string, prefix: string, env: Record<string, string>) => {
      const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '200', ...env };
      running.push(await startDeployable({ name, prefix, folder, env: traced }));
    };
    await start('cloud-endpoint', 'KSO_CLOUD_ENDPOINT', { KSO_CLOUD_ENDPOINT_PORT: String(endpointPort) });
    await start('kubescape-scanner', 'KSO_SCANNER', {
      KSO_SCANNER_PORT: '0',
      KSO_SCANNER_DATA_DIR: path.join(folder, 'scanner'),
      KSO_SCANNER_SOURCE_TYPE: 'manifests',
      KSO_SCANNER_SOURCE_PATH: sample,
      KSO_SCANNER_REDIS_ADDRESS: redisAddress,
      KSO_SCANNER_REPORT_URL: endpointUrl,
    });
    if (!withoutEngines) {
      await start('kubevuln', 'KSO_KUBEVULN', {
        KSO_KUBEVULN_PORT: '0',
        KSO_KUBEVULN_DATA_DIR: path.join(folder, 'kubevuln'),
        KSO_KUBEVULN_IMAGE_LAYOUTS: path.join(sample, 'images'),
        KSO_KUBEVULN_DATABASE_DIRECTORY: await importDatabase(folder),
        KSO_KUBEVULN_DATABASE_UPDATE_ENABLED: 'false',
        KSO_KUBEVULN_REDIS_ADDRESS: redisAddress,
        KSO_KUBEVULN_REPORT_URL: endpointUrl,
      });
    }
    const kubeconfig = path.join(folder, 'kubeconfig');
    const context = { name: 'fake', context: { cluster: 'fake' } };
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        kind: 'Config',
        clusters: [{ name: 'fake', cluster: { server: cluster.url } }],
        contexts: [context],
        'current-context': 'fake',
      }),
    );
    await start('operator', 'KSO_OPERATOR', {
      KSO_OPERATOR_PORT: String(operatorPort),
      KSO_OPERATOR_DATA_DIR: path.join(folder, 'operator'),
      KSO_OPERATOR_CLUSTER_NAME: 'traced',
      KSO_OPERATOR_KUBECONFIG: kubeconfig,
      KSO_OPERATOR_REDIS_ADDRESS: redisAddress,
      KSO_OPERATOR_REPORTS_URL: endpointUrl,
    });
  });
  afterAll(async () => {
    for (const { program } of running.toReversed()) await program.stop();
    await redis?.stop();
    await cluster?.stop();
    await receiver?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('for the configuration is one trace over operator, queue, worker and delivery', async () => {
    const command = { commandName: 'kubescapeScan', args: { scanV1: {} } };
    expect(await traceOf(command, '0af7651916cd43dd8448eb211c80319c', 'postureReport')).toEqual([
      'operator: POST /v1/triggerAction',
      'operator: command kubescapeScan',
      'kubescape-scanner: job posture-scan',
      'kubescape-scanner: posture scan',
      'kubescape-scanner: POST /k8s/v2/postureReport',
      'cloud-endpoint: POST /k8s/v2/postureReport',
    ]);
  });

  it.skipIf(withoutEngines)('for an image is one trace over operator, queue, worker and delivery', async () => {
    const command = { commandName: 'scan', wlid: 'wlid://cluster-traced/namespace-shop/pod-cart' };
    expect(await traceOf(command, '1bf7651916cd43dd8448eb211c80319c', 'containerScan')).toEqual([
      'operator: POST /v1/triggerAction',
      'operator: command scan',
      'kubevuln: job image-scan',
      'kubevuln: POST /k8s/v2/containerScan',
      'cloud-endpoint: POST /k8s/v2/containerScan',
    ]);
  });

  /** Sends the command with a trace of its own, and waits until the arrival of its report leads back to the caller. */
  async function traceOf(command: object, traceId: string, route: string): Promise<string[]> {
    const callerSpanId = 'b7ad6b7169203331';
    const answer = await fetch(`${operatorUrl}/v1/triggerAction`, {
      method: 'POST',
      headers: { traceparent: `00-${traceId}-${callerSpanId}-01` },
      body: JSON.stringify({ commands: [command] }),
    });
    expect({ status: answer.status, body: await answer.text() }).toEqual({ status: 200, body: 'ok' });
    // Each process sends its spans when it likes: complete is what leads back to the span of the caller.
    const chain = (spans: readonly ReceivedSpan[]) =>
      pathToReport(
        spans.filter((span) => span.traceId === traceId),
        route,
      );
    const spans = await receiver.until(
      'the whole trace',
      (all) => chain(all)[0]?.parentSpanId === callerSpanId,
      60_000,
    );
    return chain(spans).map((span) => `${span.service}: ${span.name}`);
  }
});

async function importDatabase(folder: string): Promise<string> {
  const file = path.join(folder, 'advisories.db');
  const databaseDirectory = path.join(folder, 'grype');
  await writeGrypeDatabase({ file, advisories: [jinjaAdvisory], built: new Date() });
  const { database } = createGrype({ env: process.env, scratchRoot: folder, databaseDirectory });
  expect(await database.import(file)).toMatchObject({ outcome: 'changed' });
  return databaseDirectory;
}

/** From the first span that is known to the report's arrival at the endpoint, each the parent of the next. */
function pathToReport(spans: readonly ReceivedSpan[], route: string): ReceivedSpan[] {
  const found: ReceivedSpan[] = [];
  let span = spans.find(({ service, name }) => service === 'cloud-endpoint' && name.includes(route));
  while (span !== undefined) {
    found.unshift(span);
    const { parentSpanId } = span;
    span = spans.find(({ spanId }) => spanId === parentSpanId);
  }
  return found;
}
