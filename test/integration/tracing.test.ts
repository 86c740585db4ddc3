import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@kso/testkit';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '@kso/testkit/otlp';
import { missingPrograms } from '@kso/testkit/programs';
import { startTestRedis, type TestRedis } from '@kso/testkit/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployable, startDeployable } from '../support/deployable.ts';

const sample = path.resolve(import.meta.dirname, '../../deploy/sample');

describe.skipIf(missingPrograms('redis-server'))('a command by REST', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-tracing-'));
  const running: Deployable[] = [];
  let receiver: OtlpReceiver;
  let redis: TestRedis;
  let operatorUrl: string;

  beforeAll(async () => {
    [receiver, redis] = await Promise.all([startOtlpReceiver(), startTestRedis()]);
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
    // Nothing listens there: for a scan of the configuration the operator asks for no pod.
    const kubeconfig = path.join(folder, 'kubeconfig');
    const cluster = { name: 'none', cluster: { server: 'https://127.0.0.1:1' } };
    const context = { name: 'none', context: { cluster: 'none' } };
    writeFileSync(
      kubeconfig,
      JSON.stringify({ kind: 'Config', clusters: [cluster], contexts: [context], 'current-context': 'none' }),
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
    await receiver?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is one trace over operator, queue, worker and delivery', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const callerSpanId = 'b7ad6b7169203331';
    const answer = await fetch(`${operatorUrl}/v1/triggerAction`, {
      method: 'POST',
      headers: { traceparent: `00-${traceId}-${callerSpanId}-01` },
      body: JSON.stringify({ commands: [{ commandName: 'kubescapeScan', args: { scanV1: {} } }] }),
    });
    expect({ status: answer.status, body: await answer.text() }).toEqual({ status: 200, body: 'ok' });

    // Each process sends its spans when it likes: complete is what leads back to the span of the caller.
    const path = (spans: readonly ReceivedSpan[]) => pathToReport(spans.filter((span) => span.traceId === traceId));
    const spans = await receiver.until('the whole trace', (all) => path(all)[0]?.parentSpanId === callerSpanId, 60_000);
    const chain = path(spans).map((span) => `${span.service}: ${span.name}`);
    expect(chain).toEqual([
      'operator: POST /v1/triggerAction',
      'operator: command kubescapeScan',
      'kubescape-scanner: job posture-scan',
      'kubescape-scanner: posture scan',
      'kubescape-scanner: POST /k8s/v2/postureReport',
      'cloud-endpoint: POST /k8s/v2/postureReport',
    ]);
  });
});

/** From the first span that is known to the report's arrival at the endpoint, each the parent of the next. */
function pathToReport(spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  const found: ReceivedSpan[] = [];
  let span = spans.find(({ service, name }) => service === 'cloud-endpoint' && name.includes('postureReport'));
  while (span !== undefined) {
    found.unshift(span);
    const { parentSpanId } = span;
    span = spans.find(({ spanId }) => spanId === parentSpanId);
  }
  return found;
}
