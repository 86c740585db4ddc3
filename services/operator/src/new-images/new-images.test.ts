import type { ObjectSource, SourceEvent } from '@kso/domain';
import { createLogger, createMetrics, errorFactory, noopTracer, systemClock } from '@kso/kit';
import type { TopOwner } from '@kso/kube';
import { type AskedImages, memoryAskedImages } from '@kso/new-images';
import { createInProcessQueue, type JobQueue, queueErrors } from '@kso/queue';
import type { ImageScanJob, KubeObject } from '@kso/wire';
import { afterEach, describe, expect, it } from 'vitest';
import type { OperatorPorts } from '../ports.ts';
import {
  patiently,
  podsOf,
  runningPod,
  type TestOperator,
  type TestOptions,
  testOperator,
} from '../testing/test-operator.ts';

const queueError = errorFactory(queueErrors);
const base = {
  logger: createLogger({ service: 'test', level: 'silent' }),
  metrics: createMetrics(),
  tracer: noopTracer,
  clock: systemClock,
};
const opened: TestOperator[] = [];
afterEach(async () => {
  for (const operator of opened.splice(0)) await operator.stop();
});

/** A cluster of pods that tests add to; the operator lists the same ones. */
class Pods {
  readonly pods: KubeObject[];
  readonly listeners = new Set<(event: SourceEvent) => void>();
  /** How often somebody has begun to watch. */
  watched = 0;
  /** Of the next attempts to watch. */
  failures: Error[] = [];
  readonly source: ObjectSource;

  constructor(pods: KubeObject[]) {
    this.pods = pods;
    this.source = {
      name: 'test',
      type: 'cluster',
      watch: async (kinds, onEvent, signal) => {
        this.watched += 1;
        const failure = this.failures.shift();
        if (failure !== undefined) throw failure;
        for (const object of this.pods) onEvent({ type: 'added', object });
        for (const kind of kinds) onEvent({ type: 'synced', kind });
        this.listeners.add(onEvent);
        signal.addEventListener('abort', () => this.listeners.delete(onEvent));
      },
    };
  }

  /** Something about each pod changes, but not its images. */
  touch(): void {
    for (const listener of this.listeners) for (const object of this.pods) listener({ type: 'modified', object });
  }

  /** A pod starts to run. */
  run(pod: KubeObject): void {
    this.pods.push(pod);
    for (const listener of this.listeners) listener({ type: 'added', object: pod });
  }
}

/** By what the watch keeps of a pod: its annotations, where other tests put its owner, are not among that. */
async function topOwner({ kind, metadata }: KubeObject): Promise<TopOwner> {
  const name = metadata.ownerReferences?.[0]?.name.replace(/-[0-9a-z]+$/, '');
  if (name === undefined) return { apiVersion: 'v1', kind, name: metadata.name };
  return { apiVersion: 'apps/v1', kind: name === 'db' ? 'StatefulSet' : 'Deployment', name };
}

interface Setup extends TestOptions {
  readonly asked?: AskedImages;
}

async function watch(cluster: Pods, { asked = memoryAskedImages(), config, ports, ...rest }: Setup = {}) {
  const pods = podsOf(cluster.pods);
  const newImages = { source: cluster.source, topOwner, asked };
  const operator = testOperator({
    ...rest,
    config: { newImages: { enabled: true, retryMin: '5ms', retryMax: '5ms' }, ...config },
    ports: { pods, newImages, ...ports },
  });
  opened.push(operator);
  await operator.operator.start();
  return operator;
}

async function asked(queue: JobQueue): Promise<string[]> {
  const jobs = await queue.list({ kind: 'image-scan', limit: 1000 });
  return jobs
    .map(({ payload, priority }) => {
      const { wlid, containerName } = payload as unknown as ImageScanJob;
      return `${wlid.replace('wlid://cluster-prod/namespace-', '')} ${containerName} ${priority}`;
    })
    .sort();
}

const images = { app: 'registry.example.com/api:1', proxy: 'envoy:2' };
const api = (name: string) => runningPod({ name, top: 'Deployment/api', images });
const db = (name: string, namespace = 'store') => runningPod({ name, namespace, top: 'StatefulSet/db' });

describe('new images', () => {
  it('are asked for once: what runs at the start, then what comes, replicas not again', async () => {
    const cluster = new Pods([api('api-1'), api('api-2')]);
    const { queue, ports } = await watch(cluster);
    const first = ['payments/deployment-api app newImage', 'payments/deployment-api proxy newImage'];
    await expect.poll(() => asked(queue), patiently).toEqual(first);
    cluster.run(api('api-3'));
    cluster.run(db('db-0'));
    await expect.poll(() => asked(queue), patiently).toEqual([...first, 'store/statefulset-db app newImage']);
    expect(await queue.listParents({ limit: 100 })).toHaveLength(2);
    const accepted = 'kso_operator_new_image_triggers_total{result="accepted"} 2';
    await expect.poll(() => ports.metrics.registry.metrics(), patiently).toContain(accepted);
  });

  it('B27 are asked for once however often their pods are seen, with scans of the configuration off', async () => {
    const cluster = new Pods([db('db-0')]);
    const { queue } = await watch(cluster, {
      config: { newImages: { enabled: true }, disabledComponents: ['kubescape'] },
    });
    await expect.poll(() => asked(queue), patiently).toEqual(['store/statefulset-db app newImage']);
    for (let seen = 1; seen <= 3; seen += 1) cluster.touch();
    cluster.run(api('api-1'));
    await expect.poll(() => asked(queue), patiently).toHaveLength(3);
    expect(await queue.listParents({ limit: 100 })).toHaveLength(2);
  });

  it('are not asked for again after a restart', async () => {
    const memory = memoryAskedImages();
    const cluster = new Pods([api('api-1')]);
    const before = await watch(cluster, { asked: memory });
    await expect.poll(() => asked(before.queue), patiently).toHaveLength(2);
    // Kept once the jobs are known to be in the queue.
    await expect
      .poll(() => memory.has('wlid://cluster-prod/namespace-payments/deployment-api', idOf(api('x'))), patiently)
      .toBe(true);
    await before.operator.stop();
    const after = await watch(cluster, { asked: memory });
    cluster.run(db('db-0'));
    await expect.poll(() => asked(after.queue), patiently).toEqual(['store/statefulset-db app newImage']);
  });

  it('of namespaces that are filtered away are nobody’s', async () => {
    const cluster = new Pods([db('agent', 'kube-system'), api('api-1')]);
    const { queue } = await watch(cluster, {
      config: { newImages: { enabled: true }, excludeNamespaces: ['kube-system'] },
    });
    await expect.poll(() => asked(queue), patiently).toHaveLength(2);
    cluster.run(db('agent-2', 'kube-system'));
    cluster.run(db('db-0'));
    await expect.poll(() => asked(queue), patiently).toHaveLength(3);
    expect((await asked(queue)).filter((line) => line.startsWith('kube-system'))).toEqual([]);
  });

  it('are left to others unless it is turned on', async () => {
    const cluster = new Pods([api('api-1')]);
    const { operator, queue, post } = await watch(cluster, { config: { newImages: { enabled: false } } });
    await post({ commands: [{ commandName: 'scan', wlid: 'wlid://cluster-prod/namespace-payments/deployment-api' }] });
    await expect.poll(() => asked(queue), patiently).toHaveLength(2);
    expect(cluster.watched).toBe(0);
    expect(operator.remarks?.()).toEqual([]);
  });

  it('cannot be watched for without a cluster, which is said', async () => {
    const operator = testOperator({ config: { newImages: { enabled: true } } });
    opened.push(operator);
    await operator.operator.start();
    expect(operator.log.some((line) => line.includes('there is no cluster'))).toBe(true);
  });

  it('are looked for by the replica that leads', async () => {
    const cluster = new Pods([api('api-1')]);
    const lead = Promise.withResolvers<void>();
    const leadership: OperatorPorts['leadership'] = {
      run: async (work, signal) => {
        await lead.promise;
        await work(signal);
      },
    };
    const { queue } = await watch(cluster, { ports: { leadership } });
    expect(cluster.watched).toBe(0);
    lead.resolve();
    await expect.poll(() => asked(queue), patiently).toHaveLength(2);
  });

  it('are seen as soon as the cluster can be watched; until then the operator is ready and says why', async () => {
    const cluster = new Pods([api('api-1')]);
    cluster.failures = [new Error('no route to the cluster')];
    const { operator, queue, log } = await watch(cluster);
    await expect
      .poll(() => operator.remarks?.(), patiently)
      .toEqual(['new images cannot be seen: no route to the cluster']);
    expect(operator.notReady?.()).toBeUndefined();
    await expect.poll(() => asked(queue), patiently).toHaveLength(2);
    expect(operator.remarks?.().filter((remark) => remark.includes('cannot be seen'))).toEqual([]);
    expect(log.some((line) => line.includes('new images cannot be seen yet'))).toBe(true);
  });

  it('are asked for again when their command did not find the pod yet', async () => {
    const cluster = new Pods([]);
    const listed: KubeObject[] = [];
    const pods = podsOf(listed);
    const { queue, ports } = await watch(cluster, { ports: { pods } });
    cluster.run(api('api-1'));
    const repeated = 'kso_operator_new_image_triggers_total{result="repeated"}';
    await expect.poll(() => ports.metrics.registry.metrics(), patiently).toContain(repeated);
    expect(await asked(queue)).toEqual([]);
    listed.push(...cluster.pods);
    await expect.poll(() => asked(queue), patiently).toHaveLength(2);
  });

  it('wait while the queue is away', async () => {
    const cluster = new Pods([api('api-1')]);
    const real = createInProcessQueue({ file: ':memory:', abortGraceMs: 50 }, base);
    let isAway = true;
    const queue: JobQueue = new Proxy(real, {
      get: (target, name) => {
        if (name === 'openParent' && isAway)
          return () => Promise.reject(queueError('QUEUE_UNAVAILABLE', { reason: 'away' }));
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const { ports } = await watch(cluster, { queue });
    const retried = 'kso_operator_new_image_triggers_total{result="retried"}';
    await expect.poll(() => ports.metrics.registry.metrics(), patiently).toContain(retried);
    isAway = false;
    await expect.poll(() => asked(real), patiently).toHaveLength(2);
  });

  it('of one container during a roll-out are both asked for, each for the pods that run it', async () => {
    const cluster = new Pods([db('db-0')]);
    const real = createInProcessQueue({ file: ':memory:', abortGraceMs: 50 }, base);
    let isAway = true;
    const queue: JobQueue = new Proxy(real, {
      get: (target, name) => {
        if (name === 'openParent' && isAway)
          return () => Promise.reject(queueError('QUEUE_UNAVAILABLE', { reason: 'away' }));
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const { ports } = await watch(cluster, { queue });
    const pending = 'kso_operator_new_images_pending 1';
    await expect.poll(() => ports.metrics.registry.metrics(), patiently).toContain(pending);
    // All of them wait for the same: they are sent together as far as a command can name them.
    for (const [name, image] of [
      ['api-1', 'web:1'],
      ['api-2', 'web:2'],
      ['api-3', 'web:3'],
    ] as const) {
      const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: name.replace('-', '-r'), controller: true };
      const pod = runningPod({ name, top: 'Deployment/api', images: { app: image } });
      cluster.run({ ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } });
    }
    isAway = false;
    await expect.poll(() => asked(real), patiently).toHaveLength(4);
    expect(await real.listParents({ limit: 100 })).toHaveLength(4);
  });
});

function idOf(pod: KubeObject): string {
  const status = pod['status'] as { containerStatuses: { imageID: string }[] };
  return (status.containerStatuses[0]?.imageID ?? '').replace('docker-pullable://', '');
}
