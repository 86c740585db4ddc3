import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cloudEndpointConfig, createCloudEndpoint } from '@kso/cloud-endpoint';
import { createLogger, createMetrics, noopTracer, systemClock } from '@kso/kit';
import { cronJob, deployment, pod, runningStatus, until } from '@kso/testkit';
import { type ControlPlane, controlPlanePrograms, startControlPlane } from '@kso/testkit/control-plane';
import { missingPrograms } from '@kso/testkit/programs';
import type { KubeObject } from '@kso/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployable, startDeployable } from '../support/deployable.ts';

const skipped = missingPrograms(...controlPlanePrograms);
const read = ['get', 'list', 'watch'];
/** What the chart gives the kollector; no Secrets, and nothing that changes anything but its Lease. */
const rules = [
  { apiGroups: [''], resources: ['pods', 'namespaces', 'nodes', 'services'], verbs: read },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets', 'replicasets'], verbs: read },
  { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'], verbs: read },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
];
const digest = `sha256:${'a'.repeat(64)}`;
const within = 120_000;

interface Pod {
  readonly podName: string;
  readonly namespace: string;
  readonly podStatus: string;
  readonly uptreeOwner: { readonly kind: string; readonly name: string };
}

/** Takes commands as the operator does, from those who show a token. */
async function startOperator() {
  const commands: { wlid: string; authorization: string }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      if (request.method === 'GET') {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ state: 'running', jobs: { total: 1 } }));
        return;
      }
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { commands: { wlid: string }[] };
      const { authorization = '' } = request.headers;
      commands.push(...body.commands.map(({ wlid }) => ({ wlid, authorization })));
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, commands, stop: () => void server.close() };
}

describe.skipIf(skipped)('kollector, CloudEndpoint and a real API server', { timeout: 600_000 }, () => {
  let cluster: ControlPlane;
  let operator: Awaited<ReturnType<typeof startOperator>>;
  let endpoint: ReturnType<typeof createCloudEndpoint>;
  let folder: string;
  const replicas: Deployable[] = [];

  const startEndpoint = async (port: number) => {
    const settings = { port, dataDir: path.join(folder, 'endpoint'), account: 'acc', accessKey: 'key' };
    endpoint = createCloudEndpoint(cloudEndpointConfig.schema.parse(settings), {
      logger: createLogger({ service: 'cloud-endpoint', level: 'silent' }),
      metrics: createMetrics(),
      tracer: noopTracer,
      clock: systemClock,
    });
    await endpoint.start();
  };

  const startReplica = async (name: string) => {
    const token = await cluster.mintToken({ name: 'kollector', rules });
    const own = path.join(folder, name);
    mkdirSync(own);
    const tokenFile = path.join(own, 'token');
    writeFileSync(tokenFile, `token of ${name}`);
    const replica = await startDeployable({
      name: 'kollector',
      prefix: 'KSO_KOLLECTOR',
      folder: own,
      env: {
        KSO_KOLLECTOR_KUBECONFIG: cluster.writeKubeconfig(name, token),
        KSO_KOLLECTOR_CLUSTER_NAME: 'prod',
        KSO_KOLLECTOR_ACCOUNT: 'acc',
        KSO_KOLLECTOR_ACCESS_KEY: 'key',
        KSO_KOLLECTOR_EVENT_RECEIVER_URL: endpoint.url() ?? '',
        KSO_KOLLECTOR_OPERATOR_URL: operator.url,
        KSO_KOLLECTOR_OPERATOR_TOKEN_FILE: tokenFile,
        KSO_KOLLECTOR_CLOUD_METADATA: 'false',
        KSO_KOLLECTOR_LEASE_ENABLED: 'true',
        KSO_KOLLECTOR_LEASE_NAMESPACE: 'default',
        KSO_KOLLECTOR_LEASE_IDENTITY: name,
        KSO_KOLLECTOR_CRASH_LOOP_LOGS: 'true',
        WAIT_BEFORE_REPORT: '0',
      },
    });
    replicas.push(replica);
    return replica;
  };

  const ask = async (query: string) => {
    const url = `${endpoint.url()}/api/clusters/prod/${query}`;
    const answer = await fetch(url, { headers: { 'x-api-key': 'key' } });
    return (await answer.json()) as Record<string, unknown>;
  };
  const podsOf = async (namespace: string) => {
    const { items } = (await ask('state/objects?section=pod&limit=500')) as { items?: readonly Pod[] };
    return (items ?? []).filter((one) => one.namespace === namespace);
  };
  const isConnected = async () => (await ask('state'))['isConnected'] === true;
  const podsOfCluster = async () => {
    const { items } = (await cluster.client.http.json('/api/v1/namespaces/shop/pods')) as { items: KubeObject[] };
    return items.map(({ metadata }) => metadata.name).toSorted();
  };
  const agrees = async () => {
    const [reported, there] = [await podsOf('shop'), await podsOfCluster()];
    return (
      reported
        .map(({ podName }) => podName)
        .toSorted()
        .join() === there.join() && there.length > 0
    );
  };

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kso-kollector-reports-'));
    cluster = await startControlPlane({ controllerManager: true });
    await cluster.client.createNamespace('shop');
    await cluster.client.apply([
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'n1' },
        spec: { providerID: 'aws:///eu-west-1a/i-0' },
      },
      deployment({ name: 'web', namespace: 'shop', replicas: 3 }),
      cronJob({ name: 'nightly', namespace: 'shop' }),
      pod({ name: 'bare', namespace: 'shop' }),
    ]);
    await until('the pods are made', async () => (await podsOfCluster()).length === 4, { within });
    operator = await startOperator();
    await startEndpoint(0);
    await startReplica('first');
  }, 180_000);
  afterAll(async () => {
    await Promise.all(replicas.map(({ program }) => program.stop()));
    operator?.stop();
    await endpoint?.stop();
    await cluster?.stop();
    if (process.env['KSO_KEEP_LOGS'] !== '1') rmSync(folder, { recursive: true, force: true });
  });

  it('agree about what there is', async () => {
    await until('the first report is there', isConnected, { within });
    await until('all pods are reported', agrees, { within });
    const state = await ask('state');
    expect(state).toMatchObject({
      clusterAPIServerVersion: { gitVersion: expect.stringMatching(/^v1\./) },
      installationData: { clusterName: 'prod', clusterProvider: 'eks' },
      counts: { node: 1, microservice: 3, pod: 4, secret: 0 },
    });
    const web = (await podsOf('shop')).filter(({ podName }) => podName.startsWith('web-'));
    expect(web.map(({ uptreeOwner }) => uptreeOwner)).toEqual(
      Array.from({ length: 3 }, () => ({ kind: 'Deployment', name: 'web' })),
    );
  });

  it('and about what changes; a pod that begins to run is scanned, with a token for the operator', async () => {
    await cluster.client.patch(
      pod({ name: 'bare', namespace: 'shop' }),
      { status: runningStatus('registry.example.com/app:1.0.0', digest) },
      { subresource: 'status' },
    );
    await cluster.client.delete(deployment({ name: 'web', namespace: 'shop' }));
    await until('the Deployment has gone with its pods', async () => (await podsOfCluster()).join() === 'bare', {
      within,
    });
    await until('the endpoint knows', agrees, { within });
    await until('the status is reported', async () => (await podsOf('shop'))[0]?.podStatus === 'Running', { within });
    await until(
      'its workload has gone too',
      async () => {
        const { counts } = (await ask('state')) as { counts: { microservice: number } };
        return counts.microservice === 2;
      },
      { within },
    );
    await until('the command has come', () => operator.commands.length > 0, { within });
    expect(operator.commands).toEqual([
      { wlid: 'wlid://cluster-prod/namespace-shop/pod-bare', authorization: 'Bearer token of first' },
    ]);
  });

  it('go on when the log of a pod in a crash loop cannot be had, here for want of a kubelet', async () => {
    const log = () => readFileSync(path.join(folder, 'first', 'kollector.log'), 'utf8');
    const status = runningStatus('registry.example.com/app:1.0.0', digest);
    const [container] = status.containerStatuses;
    const crashing = { ...container, restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } } };
    await cluster.client.patch(
      pod({ name: 'bare', namespace: 'shop' }),
      { status: { ...status, containerStatuses: [crashing] } },
      { subresource: 'status' },
    );
    await until('it has asked for both runs', () => log().split('the log of a crash cannot be read').length > 2, {
      within,
    });
    const line = log()
      .split('\n')
      .find((one) => one.includes('the log of a crash cannot be read'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ pod: 'bare', container: 'app', reason: 'unavailable' });
    await until('the status is reported', async () => (await podsOf('shop'))[0]?.podStatus === 'CrashLoopBackOff', {
      within,
    });
  });

  it('B34 find each other again after the API server and the CloudEndpoint were away', async () => {
    const port = Number(new URL(endpoint.url() ?? '').port);
    await endpoint.stop();
    await cluster.restartApiServer();
    await cluster.client.apply([pod({ name: 'later', namespace: 'shop' })]);
    await startEndpoint(port);
    await until('the kollector is back', isConnected, { within });
    await until('both pods are known', agrees, { within });
    expect((await podsOf('shop')).map(({ podName }) => podName)).toEqual(['bare', 'later']);
  });

  it('report again after the only replica could not renew its Lease', async () => {
    const probe = async () => (await fetch(`${replicas[0]?.healthUrl}/v1/readiness`)).text();
    cluster.signalApiServer('SIGSTOP');
    await until('it has stepped down', async () => (await probe()).includes('another replica'), { within });
    cluster.signalApiServer('SIGCONT');
    await until('it leads', async () => !(await probe()).includes('another replica'), { within });
    await cluster.client.apply([pod({ name: 'after', namespace: 'shop' })]);
    await until('the kollector is back', isConnected, { within });
    await until('all pods are known', agrees, { within });
    expect((await podsOf('shop')).map(({ podName }) => podName)).toContain('after');
  });

  it('hear of one replica at a time: the second takes over from one that was killed', async () => {
    const second = await startReplica('second');
    const probe = await (await fetch(`${second.healthUrl}/v1/readiness`)).text();
    expect(probe).toContain('another replica');
    const [first] = replicas;
    first?.program.kill('SIGKILL');
    await first?.program.ended;
    await cluster.client.apply([pod({ name: 'last', namespace: 'shop' })]);
    await until('the second reports', async () => (await agrees()) && (await isConnected()), { within });
    expect((await podsOf('shop')).map(({ podName }) => podName)).toEqual(['after', 'bare', 'last', 'later']);
    const lease = (await cluster.client.http.json(
      '/apis/coordination.k8s.io/v1/namespaces/default/leases/kollector',
    )) as { spec: { holderIdentity: string } };
    expect(lease.spec.holderIdentity).toBe('second');
  });
});
