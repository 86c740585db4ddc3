import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger, createMetrics, noopTracer, systemClock } from '@kso/kit';
import { createBullQueue, type JobQueue } from '@kso/queue';
import { deployment, freePort, pod, runningStatus, until } from '@kso/testkit';
import { type ControlPlane, controlPlanePrograms, startControlPlane } from '@kso/testkit/control-plane';
import { missingPrograms } from '@kso/testkit/programs';
import { startTestRedis, type TestRedis } from '@kso/testkit/redis';
import type { ImageScanJob, KubeObject } from '@kso/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { envOf, render } from '../chart/templates/rendered.ts';
import { type Deployable, startDeployable } from '../support/deployable.ts';

const namespace = 'kubescape';
const shop = 'shop';
const skipped = missingPrograms(...controlPlanePrograms, 'helm', 'redis-server');
const within = { within: 90_000 };
/** An installation in which nobody else asks for scans of new images. */
const installed = render({ kollector: { enabled: false } });

interface Operator extends Deployable {
  readonly url: string;
}

/* Two operators as the chart runs them, with the chart's rights, on one queue: each image that begins to run is to be scanned once. */
describe.skipIf(skipped !== undefined)('new images in a cluster with two operators', { timeout: 200_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-new-images-'));
  const running: Operator[] = [];
  let plane: ControlPlane;
  let redis: TestRedis;
  let queue: JobQueue;

  beforeAll(async () => {
    [plane, redis] = await Promise.all([startControlPlane(), startTestRedis()]);
    for (const name of [namespace, shop]) await plane.client.createNamespace(name);
    await plane.client.apply(fromChart());
    queue = await createBullQueue(
      { redis: { host: redis.host, port: redis.port } },
      {
        logger: createLogger({ service: 'test', level: 'silent' }),
        metrics: createMetrics(),
        tracer: noopTracer,
        clock: systemClock,
      },
    );
    for (const name of ['one', 'two']) running.push(await startOperator(name));
  }, 120_000);

  afterAll(async () => {
    await queue?.close();
    for (const { program } of running) await program.stop();
    await Promise.all([plane?.stop(), redis?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('are asked for once each, by the one that has the Lease: replicas and roll-outs of the same image are not new', async () => {
    await until('one leads', leader, within);
    await run('web', 'a', 'first');
    const [command, ...others] = await untilScanned(['web first']);
    expect(others).toEqual([]);
    const [job] = await queue.list({ kind: 'image-scan', limit: 10 });
    expect(job).toMatchObject({ priority: 'newImage', parentId: command?.id });

    await run('web', 'b', 'first');
    await run('web', 'c', 'second');
    await untilScanned(['web first', 'web second']);
    expect(await commands()).toHaveLength(2);
    // The other one has never looked.
    const lists = await Promise.all(running.map((operator) => metric(operator, 'kso_kube_lists_total{kind="Pod",')));
    expect(lists.filter((value) => value > 0)).toHaveLength(1);
  });

  it('are seen by the other one when the first dies; what waits in the queue is not queued again', async () => {
    const first = await until('one leads', leader, within);
    running.splice(running.indexOf(first), 1);
    await end('web', 'b');
    first.program.kill('SIGKILL');
    await first.program.ended;
    await run('api', 'a', 'third');
    await untilScanned(['api third', 'web first', 'web second']);
    // It does not know what the first had asked for, and asks: those jobs wait already.
    await until('it has asked for all', async () => (await commands()).length >= 4, within);
    expect(await scanned()).toEqual(['api third', 'web first', 'web second']);
  });

  it('are left alone with the commands that are objects while another has the Lease, and both are taken up with it', async () => {
    const operator = await until('one leads', leader, within);
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'operator', namespace } };
    const renewTime = new Date().toISOString().replace('Z', '000Z');
    await plane.client.patch(lease, { spec: { holderIdentity: 'another', leaseDurationSeconds: 3600, renewTime } });
    // Told when all that it did as a leader has ended.
    await until('it has stepped down', async () => (await metric(operator, 'kso_leader{')) === 0, within);

    await run('late', 'a', 'fourth');
    const order = orderOf({ commandName: 'operatorAction', args: { action: 'annotate', target } });
    await plane.client.apply([order]);
    const before = await untilTold(operator);
    expect(await statusOf(order)).toEqual({});
    expect(await scanned()).toEqual(['api third', 'web first', 'web second']);

    await plane.client.patch(lease, { spec: { holderIdentity: '' } });
    await until('the object is carried out', async () => (await statusOf(order)).completed, within);
    await untilScanned(['api third', 'late fourth', 'web first', 'web second']);
    expect((await commands()).filter(({ id }) => id === before)).toHaveLength(1);
  });

  async function startOperator(name: string): Promise<Operator> {
    const port = await freePort();
    const token = await plane.mintToken({ namespace, name: 'operator', rules: [] });
    const settings = {
      PORT: String(port),
      DATA_DIR: path.join(folder, name),
      CLUSTER_NAME: 'prod',
      NAMESPACE: namespace,
      KUBECONFIG: plane.writeKubeconfig('operator', token),
      REDIS_ADDRESS: `${redis.host}:${redis.port}`,
    };
    const own = Object.entries(settings).map(([key, value]) => [`KSO_OPERATOR_${key}`, value]);
    const ofChart = Object.entries(envOf(installed, 'operator')).filter(([key]) => key.includes('NEW_IMAGES'));
    const env = Object.fromEntries([...ofChart, ...own]) as Record<string, string>;
    const deployable = await startDeployable({ name: 'operator', prefix: 'KSO_OPERATOR', folder, env });
    return { ...deployable, name, url: `http://127.0.0.1:${port}` };
  }

  async function leader(): Promise<Operator | undefined> {
    for (const operator of running) if ((await metric(operator, 'kso_leader{')) === 1) return operator;
    return undefined;
  }

  /** As controllers and the kubelet leave it: two pods of one ReplicaSet, with the digest that runs. */
  async function run(name: string, revision: string, image: string): Promise<void> {
    const reference = `registry.example.com/${name}:1`;
    const options = { name, namespace: shop, image: reference };
    const [owner] = await plane.client.apply([deployment(options)]);
    const set = `${name}-${revision}`;
    const [replicaSet] = await plane.client.apply([
      { ...deployment({ ...options, name: set, metadata: { ownerReferences: [ownedBy(owner)] } }), kind: 'ReplicaSet' },
    ]);
    for (const replica of [1, 2]) {
      const each = pod({
        ...options,
        name: `${set}-${replica}`,
        metadata: { ownerReferences: [ownedBy(replicaSet)] },
      });
      await plane.client.apply([each]);
      const status = runningStatus(reference, digestOf(image));
      await plane.client.patch(each, { status }, { subresource: 'status' });
    }
  }

  /** The pods of a revision are gone. */
  async function end(name: string, revision: string): Promise<void> {
    for (const replica of [1, 2])
      await plane.client.delete(pod({ name: `${name}-${revision}-${replica}`, namespace: shop }));
  }

  /** `workload image` of each job. */
  async function scanned(): Promise<string[]> {
    const jobs = await queue.list({ kind: 'image-scan', limit: 100 });
    return jobs
      .map(({ payload }) => payload as unknown as ImageScanJob)
      .map(({ wlid, imageHash }) => `${wlid.split('deployment-')[1]} ${names.get(imageHash.split('@')[1] ?? '')}`)
      .toSorted();
  }

  const commands = () => queue.listParents({ limit: 100 });

  async function untilScanned(expected: readonly string[]) {
    await expect.poll(scanned, { timeout: within.within }).toEqual(expected);
    return commands();
  }

  /** Gives the operator work by another way and waits for its end: whatever it had to do before has had its turn. */
  async function untilTold({ url }: Operator): Promise<string> {
    const jobID = randomUUID();
    const wlid = `wlid://cluster-prod/namespace-${shop}/deployment-none`;
    const body = JSON.stringify({ commands: [{ commandName: 'scan', wlid, jobTracking: { jobID } }] });
    expect((await fetch(`${url}/v1/triggerAction`, { method: 'POST', body })).status).toBe(200);
    await until('it has ended', async () => (await queue.getParent(jobID))?.completedAt !== undefined, within);
    return jobID;
  }

  async function statusOf(object: KubeObject): Promise<{ readonly completed?: boolean }> {
    return (await plane.client.get(object))?.['status'] ?? {};
  }
});

const target = { kind: 'Deployment', namespace: shop, name: 'web' };

const names = new Map<string, string>();

function digestOf(image: string): string {
  const digest = `sha256:${Buffer.from(image).toString('hex').padEnd(64, '0')}`;
  names.set(digest, image);
  return digest;
}

/** Sum of the series that begin so; 0 without any. */
async function metric({ healthUrl }: Deployable, series: string): Promise<number> {
  const text = await (await fetch(`${healthUrl}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(series));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

function ownedBy(object: KubeObject | undefined) {
  const { apiVersion = '', kind = '', metadata: { name = '', uid = '' } = { name: '' } } = object ?? {};
  return { apiVersion, kind, name, uid, controller: true };
}

function orderOf(command: object): KubeObject {
  return {
    apiVersion: 'kubescape.io/v1alpha1',
    kind: 'OperatorCommand',
    metadata: { name: 'order', namespace, labels: { 'kubescape.io/app-name': 'operator' } },
    spec: {
      guid: randomUUID(),
      commandType: 'OperatorAPI',
      body: Buffer.from(JSON.stringify(command)).toString('base64'),
    },
  };
}

/** Account and rights of the operator, and the kind of command objects. */
function fromChart(): KubeObject[] {
  const rights = new Set(['ServiceAccount', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']);
  return installed.filter(
    ({ kind, metadata: { name } }) => rights.has(kind) || name === 'operatorcommands.kubescape.io',
  );
}
