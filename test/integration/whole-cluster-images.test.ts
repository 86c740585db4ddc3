import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createFakeMatcher, createFakeSbomEngine } from '@kso/engines';
import { type BasePorts, createLogger, createMetrics, noopTracer, readOutgoing, systemClock } from '@kso/kit';
import { createKubeClient, createOwnerLookup, createPodReader, findConnection, type KubeClient } from '@kso/kube';
import { createKubevuln, KubevulnConfig } from '@kso/kubevuln';
import { clusterPods, createOperator, type Operator, operatorConfig } from '@kso/operator';
import { createBullQueue, type JobQueue } from '@kso/queue';
import { createCredentialSealer, createRegistryClient, type RegistryClient } from '@kso/registry';
import { type FakeRegistry, startFakeRegistry } from '@kso/registry/testing';
import { createMemoryStore } from '@kso/store';
import { deployment, pod, runningStatus, until } from '@kso/testkit';
import { type ControlPlane, controlPlanePrograms, startControlPlane } from '@kso/testkit/control-plane';
import { buildImage } from '@kso/testkit/images';
import { missingPrograms } from '@kso/testkit/programs';
import { startTestRedis, type TestRedis } from '@kso/testkit/redis';
import { ContainerScanReport, ImageScanRecord, imageScanRecordKind, type KubeObject } from '@kso/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const skipped = missingPrograms(...controlPlanePrograms, 'redis-server');
const workloads = 100;
const replicas = 2;
const distinctImages = 60;
const namespace = 'shop';
const images = Array.from({ length: distinctImages }, (_, index) =>
  buildImage({ layers: [], labels: { number: String(index) } }),
);
const imageOf = (workload: number) => {
  const index = workload % distinctImages;
  return { name: `app-${index}:1`, digest: images[index]?.descriptor.digest ?? '' };
};
const wlidOf = (workload: number) => `wlid://cluster-prod/namespace-${namespace}/deployment-web-${workload}`;
const within = { within: 180_000 };

describe.skipIf(skipped)('image scans of a whole cluster', { timeout: 400_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-whole-cluster-'));
  const base: BasePorts = {
    logger: createLogger({ service: 'test', level: 'silent' }),
    metrics: createMetrics(),
    tracer: noopTracer,
    clock: systemClock,
  };
  const store = createMemoryStore();
  const sbomEngine = createFakeSbomEngine({
    answer: () => ({
      artifacts: [{ name: 'jinja2', version: '2.10', type: 'python' }],
      source: { type: 'image' },
      descriptor: { name: 'syft', version: 'v1.57.0' },
    }),
  });
  const matcher = createFakeMatcher({ answer: () => ({ matches: [] }) });
  const services: { stop(): Promise<void> }[] = [];
  /** Of kubevuln. */
  const log: string[] = [];
  let plane: ControlPlane;
  let redis: TestRedis;
  let registry: FakeRegistry;
  let registryClient: RegistryClient;
  let client: KubeClient;
  let queue: JobQueue;
  let operator: Operator;

  beforeAll(async () => {
    [plane, redis, registry] = await Promise.all([startControlPlane(), startTestRedis(), startFakeRegistry()]);
    for (const [index, image] of images.entries()) registry.push(`app-${index}`, '1', image);
    await plane.client.createNamespace(namespace);
    await runPods();
    queue = await createBullQueue({ redis: { host: redis.host, port: redis.port } }, base);
    const connection = await findConnection({ env: {}, clock: systemClock, kubeconfig: plane.kubeconfig });
    client = createKubeClient(connection, { clock: systemClock, userAgent: 'kso-test' });
    registryClient = createRegistryClient({ outgoing: readOutgoing({}), clock: systemClock });
    const kubevuln = createKubevuln(
      KubevulnConfig.parse({
        host: '127.0.0.1',
        port: 0,
        dataDir: folder,
        account: 'acc',
        databaseUpdate: { enabled: false },
      }),
      {
        ...base,
        logger: createLogger({ service: 'kubevuln', level: 'info', destination: { write: (line) => log.push(line) } }),
        queue,
        store,
        sbomEngine,
        matcher,
        registry: registryClient,
        sealer: createCredentialSealer(Buffer.alloc(32, 7)),
        poster: { wake: () => {} },
      },
    );
    await kubevuln.start();
    services.push(kubevuln);
    const pods = clusterPods(createPodReader(client, createOwnerLookup(client, systemClock)));
    const settings = { host: '127.0.0.1', port: 0, clusterName: 'prod', account: 'acc' };
    operator = createOperator(operatorConfig.schema.parse(settings), {
      ...base,
      metrics: createMetrics(),
      queue,
      pods,
    });
    await operator.start();
    services.push(operator);
  }, 200_000);
  afterAll(async () => {
    for (const service of services.toReversed()) await service.stop();
    await queue?.close();
    await Promise.all([client?.close(), registryClient?.close(), registry?.stop(), redis?.stop(), plane?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('of 200 pods with 60 distinct images match 60 times, once for each image, and every container has its result', async () => {
    await scanEverything('whole-1');
    expect({ sboms: sbomEngine.requests.length, matched: matcher.matched }).toEqual({
      sboms: distinctImages,
      matched: distinctImages,
    });
    expect(results()).toEqual(expected());
  });

  it('name the job and the command that asked for it: in the queue, at kubevuln, in reports', async () => {
    const jobs = await queue.list({ kind: 'image-scan', limit: 1000 });
    const idsOfJobs = jobs.map(({ jobId, parentId }) => ({ jobId, parentId }));
    expect(new Set(idsOfJobs.map(({ parentId }) => parentId))).toEqual(new Set(['whole-1']));
    const atKubevuln = log
      .map((line) => JSON.parse(line) as { readonly msg: string; readonly jobId?: string; readonly parentId?: string })
      .filter(({ msg }) => msg === 'image scanned')
      .map(({ jobId, parentId }) => `${parentId},${jobId}`);
    expect(atKubevuln.toSorted()).toEqual(idsOfJobs.map(({ jobId }) => `whole-1,${jobId}`).toSorted());
    const reports = store.outbox.due(Number.MAX_SAFE_INTEGER, 1000).map(({ body }) => {
      const { summary } = ContainerScanReport.parse(JSON.parse(body));
      return summary?.jobIDs?.join() ?? '';
    });
    expect(reports.toSorted()).toEqual(idsOfJobs.map(({ jobId }) => `whole-1,${jobId}`).toSorted());
  });

  it('B27 match nothing when they are asked for again right after, where no scanner of the configuration runs', async () => {
    await scanEverything('whole-2');
    expect({ sboms: sbomEngine.requests.length, matched: matcher.matched }).toEqual({
      sboms: distinctImages,
      matched: distinctImages,
    });
    expect(results()).toEqual(expected());
  });

  it('are of the pods alone that a field selector names', async () => {
    const args = { fieldSelector: { 'metadata.name': 'web-7-1' } };
    await scan('selected', args);
    expect(await queue.getParent('selected')).toMatchObject({ total: 1, outcomes: { succeeded: 1 } });
  });

  /** As controllers and kubelets leave them: pods of ReplicaSets of Deployments, with the digests that run. */
  async function runPods(): Promise<void> {
    const made = await plane.client.apply(
      Array.from({ length: workloads }, (_, index) => deployment({ ...optionsOf(index), replicas })),
    );
    const sets = await plane.client.apply(
      made.map((owner, index) => ({
        ...deployment({ ...optionsOf(index), replicas, metadata: { ownerReferences: [ownedBy(owner)] } }),
        kind: 'ReplicaSet',
      })),
    );
    const pods = sets.flatMap((owner, index) =>
      Array.from({ length: replicas }, (_, replica) =>
        pod({ ...optionsOf(index), name: `web-${index}-${replica}`, metadata: { ownerReferences: [ownedBy(owner)] } }),
      ),
    );
    expect(await plane.client.apply(pods)).toHaveLength(200);
    for (const [index, each] of pods.entries()) {
      const { name, digest } = imageOf(Math.floor(index / replicas));
      const status = runningStatus(`${registry.host}/${name}`, digest);
      await plane.client.patch(each, { status }, { subresource: 'status' });
    }
  }

  function optionsOf(workload: number) {
    return { name: `web-${workload}`, namespace, image: `${registry.host}/${imageOf(workload).name}` };
  }

  async function scan(jobID: string, args: Readonly<Record<string, object>> = {}): Promise<void> {
    const wildWlid = 'wlid://cluster-prod';
    await operator.submit({ commands: [{ commandName: 'scan', wildWlid, args, jobTracking: { jobID } }] });
    await until('the command has ended', async () => (await queue.getParent(jobID))?.completedAt !== undefined, within);
  }

  async function scanEverything(jobID: string): Promise<void> {
    await scan(jobID);
    // Replicas of a workload share a job; jobs of one image share its matching.
    expect(await queue.getParent(jobID)).toMatchObject({ total: workloads });
  }

  function results() {
    return store.results
      .list(imageScanRecordKind, { limit: 1000 })
      .map(({ body }) => ImageScanRecord.parse(body))
      .map(
        (record) =>
          `${record.wlid} ${record.containerName} ${record.state === 'evaluated' ? record.digest : record.detail}`,
      )
      .toSorted();
  }
});

function expected(): string[] {
  return Array.from({ length: workloads }, (_, index) => `${wlidOf(index)} app ${imageOf(index).digest}`).toSorted();
}

function ownedBy({ apiVersion, kind, metadata: { name, uid = '' } }: KubeObject) {
  return { apiVersion, kind, name, uid, controller: true };
}
