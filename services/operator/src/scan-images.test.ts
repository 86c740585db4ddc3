import { errorFactory } from '@kso/kit';
import { kubeErrors } from '@kso/kube';
import type { ImageScanJob, KubeObject } from '@kso/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { manifestPods } from './pods/pod-sources.ts';
import {
  patiently,
  podsOf,
  runningPod,
  type TestOperator,
  type TestOptions,
  testOperator,
  workOn,
} from './testing/test-operator.ts';

const apiError = errorFactory(kubeErrors);
const opened: TestOperator[] = [];
afterEach(async () => {
  for (const operator of opened.splice(0)) await operator.stop();
});

async function start(pods: readonly KubeObject[], options: TestOptions = {}): Promise<TestOperator> {
  const operator = testOperator({ ...options, ports: { pods: podsOf(pods), ...options.ports } });
  opened.push(operator);
  await operator.operator.start();
  return operator;
}

/** Sends one command and returns the payloads of its jobs once it is sealed. */
async function jobsOf({ post, queue }: TestOperator, command: object, jobID = 'J'): Promise<ImageScanJob[]> {
  const answer = await post({ commands: [{ commandName: 'scan', jobTracking: { jobID }, ...command }] });
  expect(answer.status).toBe(200);
  await expect.poll(async () => (await queue.getParent(jobID))?.sealed, patiently).toBe(true);
  const jobs = await queue.list({ kind: 'image-scan', limit: 1000 });
  return jobs.map(({ payload }) => payload as unknown as ImageScanJob);
}

const everything = { designators: [{ designatorType: 'Attributes', attributes: {} }] };
const containers = (jobs: readonly ImageScanJob[]): string[] =>
  jobs.map(({ wlid, containerName }) => `${wlid.replace('wlid://cluster-prod/', '')} ${containerName}`).sort();

const api = { top: 'Deployment/api', images: { app: 'registry.example.com/api:1', proxy: 'envoy:2' } };
const shop = [
  runningPod({ name: 'api-1', ...api }),
  runningPod({ name: 'api-2', ...api }),
  runningPod({ name: 'db-0', namespace: 'store', top: 'StatefulSet/db' }),
  runningPod({ name: 'agent-x', namespace: 'kube-system', top: 'DaemonSet/agent' }),
];

describe('scope of a scan', () => {
  it('vector 17: designators without namespace mean everything, replicas once', async () => {
    const operator = await start(shop);
    expect(containers(await jobsOf(operator, everything))).toEqual([
      'namespace-kube-system/daemonset-agent app',
      'namespace-payments/deployment-api app',
      'namespace-payments/deployment-api proxy',
      'namespace-store/statefulset-db app',
    ]);
  });

  it.each([
    ['designators with namespaces', { designators: [{ attributes: { namespace: 'store' } }] }, ['store']],
    ['a wildWlid of a namespace', { wildWlid: 'wlid://cluster-prod/namespace-store' }, ['store']],
    ['a wildWlid of the cluster', { WildWlid: 'wlid://cluster-prod' }, ['kube-system', 'payments', 'store']],
    ['a designated workload', { designators: [{ attributes: { kind: 'StatefulSet', name: 'db' } }] }, ['store']],
    ['a wlid', { wlid: 'wlid://cluster-prod/namespace-store/statefulset-db' }, ['store']],
    ['a wlid of a pod', { wlid: 'wlid://cluster-prod/namespace-store/pod-db-0' }, ['store']],
    ['a wlid of nothing', { wlid: 'wlid://cluster-prod/namespace-store/deployment-none' }, []],
  ])('%s', async (_name, command, expected) => {
    const operator = await start(shop);
    const jobs = await jobsOf(operator, command);
    const namespaces = new Set(jobs.map(({ wlid }) => wlid.split('/')[3]?.replace('namespace-', '') ?? ''));
    expect([...namespaces].sort()).toEqual(expected);
  });

  it('obeys labels, and the namespace filter by the namespace of each pod', async () => {
    const labelled = runningPod({ name: 'web-1', top: 'Deployment/web', labels: { app: 'web' } });
    const operator = await start([...shop, labelled], { config: { excludeNamespaces: ['kube-system', 'store'] } });
    expect(containers(await jobsOf(operator, { ...everything, args: { labels: { app: 'web' } } }))).toEqual([
      'namespace-payments/deployment-web app',
    ]);
    expect(containers(await jobsOf(operator, { wildWlid: 'wlid://cluster-prod' }, 'K'))).toHaveLength(3);
    const including = await start(shop, { config: { includeNamespaces: ['store'] } });
    expect(containers(await jobsOf(including, everything))).toEqual(['namespace-store/statefulset-db app']);
    // Who names a workload means it.
    const named = { wlid: 'wlid://cluster-prod/namespace-payments/deployment-api' };
    expect(containers(await jobsOf(including, named, 'K'))).toHaveLength(3);
  });

  it.each([
    [{}, 'SCOPE_INVALID'],
    [{ wlid: 'wlid://cluster-prod' }, 'SCOPE_INVALID'],
    [{ wildWlid: 'payments' }, 'SCOPE_INVALID'],
    [{ wildSid: 'sid://cluster-prod' }, 'SCOPE_INVALID'],
    [{ ...everything, args: { labels: ['app'] } }, 'SCOPE_INVALID'],
  ])('rejects %j', async (command, code) => {
    const { post, get } = await start(shop);
    await post({ commands: [{ commandName: 'scan', jobTracking: { jobID: 'J' }, ...command }] });
    await expect.poll(() => get('/v1/jobs/J'), patiently).toMatchObject({ state: 'failed', failure: { code } });
  });

  it('fails with a reason when nobody gives it pods', async () => {
    const operator = testOperator();
    opened.push(operator);
    const { post, get } = operator;
    await post({ commands: [{ commandName: 'scan', jobTracking: { jobID: 'J' }, ...everything }] });
    await expect
      .poll(() => get('/v1/jobs/J'), patiently)
      .toMatchObject({ state: 'failed', failure: { code: 'PODS_UNAVAILABLE' } });
  });
});

describe('which pods and containers', () => {
  it('vector 19: gives new ids below the job id of the command', async () => {
    const operator = await start([runningPod({ name: 'api-1', ...api })]);
    const command = { wildWlid: 'wlid://cluster-prod', jobTracking: { jobID: 'J', parentAction: 'P' } };
    const jobs = await jobsOf(operator, command);
    const [first, second] = jobs.map(({ sessionJobIds }) => sessionJobIds);
    expect(first?.slice(0, 2)).toEqual(['P', 'J']);
    expect(first?.[2]).not.toBe(second?.[2]);
    const records = await operator.queue.list({ kind: 'image-scan', limit: 10 });
    expect(new Set(records.map(({ jobId }) => jobId))).toEqual(new Set([first?.[2], second?.[2]]));
    expect(records.every(({ parentId }) => parentId === 'J')).toBe(true);
  });

  it('vector 20: leaves young pods without owner to the watchers, unless they are named', async () => {
    const now = new Date().toISOString();
    const young = runningPod({ name: 'young', created: now });
    const old = runningPod({ name: 'old' });
    const operator = await start([young, old, runningPod({ name: 'api-1', top: 'Deployment/api', created: now })]);
    expect(containers(await jobsOf(operator, everything))).toEqual([
      'namespace-payments/deployment-api app',
      'namespace-payments/pod-old app',
    ]);
    const named = await jobsOf(operator, { wlid: 'wlid://cluster-prod/namespace-payments/pod-young' }, 'K');
    expect(containers(named)).toContain('namespace-payments/pod-young app');
  });

  it('B16 scans the images of init and ephemeral containers', async () => {
    const image = (name: string) => `registry.example.com/${name}:1`;
    const status = (name: string) => ({ name, imageID: `registry.example.com/${name}@sha256:${'0'.repeat(64)}` });
    const pod = {
      ...runningPod({ name: 'four', namespace: 'shop', images: { a: image('a'), b: image('b') } }),
      status: {
        phase: 'Running',
        initContainerStatuses: [status('i')],
        containerStatuses: [status('a'), status('b')],
        ephemeralContainerStatuses: [status('e')],
      },
      spec: {
        initContainers: [{ name: 'i', image: image('i') }],
        containers: [
          { name: 'a', image: image('a') },
          { name: 'b', image: image('b') },
        ],
        ephemeralContainers: [{ name: 'e', image: image('e') }],
      },
    };
    const operator = await start([pod]);
    expect((await jobsOf(operator, everything)).map(({ containerName }) => containerName).sort()).toEqual([
      'a',
      'b',
      'e',
      'i',
    ]);
  });

  it('B25 scans nothing where nothing runs, and says the platform that a pod asks for', async () => {
    const windows = { os: { name: 'windows' }, nodeSelector: { 'kubernetes.io/arch': 'amd64' } };
    const agent = runningPod({ name: 'win', top: 'DaemonSet/win-agent' });
    const operator = await start([
      { ...agent, spec: { ...(agent['spec'] as object), ...windows } },
      runningPod({ name: 'pending', top: 'Deployment/pending', phase: 'Pending' }),
      runningPod({ name: 'done', top: 'Job/done', phase: 'Succeeded' }),
    ]);
    const jobs = await jobsOf(operator, everything);
    expect(jobs).toHaveLength(1);
    expect(jobs[0]).toMatchObject({ platform: 'windows/amd64', imageTag: 'registry.example.com/app:1' });
  });

  it('takes the image from the spec and its id from the status, without the scheme', async () => {
    const operator = await start([runningPod({ name: 'api-1', top: 'Deployment/api' })]);
    const [job] = await jobsOf(operator, everything);
    expect(job?.imageTag).toBe('registry.example.com/app:1');
    expect(job?.imageHash).toMatch(/^registry\.example\.com\/app@sha256:[0-9a-f]{64}$/);
    expect(job?.instanceID).toMatch(/^replicaset-api-6d4cf56db6-app-[0-9a-f]{4}-[0-9a-f]{4}$/);
    expect(job?.platform).toBeUndefined();
  });

  it('scans the named containers of a pod that only begins, for a watcher that has seen their images', async () => {
    const pending = { ...runningPod({ name: 'api-1', ...api, phase: 'Pending' }), status: { phase: 'Pending' } };
    const operator = await start([pending]);
    const id = `registry.example.com/api@sha256:${'a'.repeat(64)}`;
    const command = {
      wlid: 'wlid://cluster-prod/namespace-payments/deployment-api',
      args: { containerToImageIDs: { app: id } },
    };
    const jobs = await jobsOf(operator, command);
    expect(jobs).toMatchObject([{ containerName: 'app', imageHash: id }]);
    expect((await operator.queue.list({ kind: 'image-scan', limit: 1 }))[0]?.priority).toBe('newImage');
  });

  it('leaves out pods of the workload that run another image than the watcher has seen', async () => {
    const pods = ['registry.example.com/app:1', 'registry.example.com/app:2'].map((image, index) =>
      runningPod({ name: `api-${index}`, ...api, images: { app: image } }),
    );
    // Of another revision, as during a roll-out.
    const [old, fresh] = pods as [KubeObject, KubeObject];
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'api-7d4cf56db6' };
    const rolled = { ...fresh, metadata: { ...fresh.metadata, ownerReferences: [owner] } } as KubeObject;
    const operator = await start([old, rolled]);
    const { containerStatuses } = fresh['status'] as { containerStatuses: { imageID: string }[] };
    const id = containerStatuses[0]?.imageID ?? '';
    const wlid = 'wlid://cluster-prod/namespace-payments/deployment-api';
    const jobs = await jobsOf(operator, { wlid, args: { containerToImageIDs: { app: id } } });
    expect(jobs.map(({ imageTag }) => imageTag)).toEqual(['registry.example.com/app:2']);
  });

  it('gives recurring scans a low priority and an end', async () => {
    const operator = await start(shop);
    await jobsOf(operator, { ...everything, args: { priority: 'recurring' } });
    const [job] = await operator.queue.list({ kind: 'image-scan', limit: 1 });
    expect(job).toMatchObject({ priority: 'recurring', expiresAt: expect.any(Number) });
  });

  it('survives pods that are not what they should be', async () => {
    const broken = [
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'x' } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'b', namespace: 'x' }, spec: 7, status: { phase: 'Running' } },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'c', namespace: 'x' },
        spec: { containers: [null, { name: 5, image: 'x' }, { name: 'c' }] },
        status: { phase: 'Running', containerStatuses: [null, { name: 'c' }, { name: 'c', imageID: 3 }] },
      },
    ] as unknown as KubeObject[];
    const operator = await start([...broken, runningPod({ name: 'api-1', top: 'Deployment/api' })]);
    expect(await jobsOf(operator, everything)).toHaveLength(1);
  });
});

describe('what cannot be listed', () => {
  it('does not stop the other namespaces, and shows', async () => {
    const failures = { store: new Error('pods is forbidden') };
    const operator = await start(shop, { ports: { pods: podsOf(shop, failures) } });
    workOn(operator.queue);
    const designators = ['store', 'payments'].map((namespace) => ({ attributes: { namespace } }));
    await jobsOf(operator, { designators });
    await expect
      .poll(() => operator.get('/v1/jobs/J'), patiently)
      .toMatchObject({ errors: ['store: pods is forbidden'], completedAt: expect.any(String) });
  });

  const away = (status: number) => apiError('KUBE_API', { method: 'LIST', path: '/pods', status, detail: 'no' });
  it.each([
    ['away', apiError('KUBE_UNREACHABLE', { server: 'https://kube' })],
    ['overloaded', away(503)],
  ])('is given out when the API server answers again that was %s', async (_name, outage) => {
    const failures: Record<string, Error> = { store: outage };
    const operator = await start(shop, { ports: { pods: podsOf(shop, failures) } });
    const designators = ['store', 'payments'].map((namespace) => ({ attributes: { namespace } }));
    const told = () => operator.log.some((line) => line.includes('could not be carried out yet'));
    await operator.post({ commands: [{ commandName: 'scan', jobTracking: { jobID: 'J' }, designators }] });
    await expect.poll(told, patiently).toBe(true);
    // What could be listed does not wait for the rest.
    expect(await operator.get('/v1/jobs/J')).toMatchObject({ state: 'running', jobs: { total: 3 } });
    delete failures['store'];
    await expect.poll(async () => (await operator.queue.getParent('J'))?.sealed, patiently).toBe(true);
    const view = await operator.get<{ jobs: { total: number } }>('/v1/jobs/J');
    expect(view).toMatchObject({ state: 'running', jobs: { total: 3 } });
    expect(view).not.toHaveProperty('errors');
  });

  it('is not tried again when the API server refuses', async () => {
    const operator = await start([], { ports: { pods: podsOf([], { '*': away(403) }) } });
    await jobsOf(operator, everything);
    expect(await operator.get('/v1/jobs/J')).toMatchObject({ state: 'failed', failure: { code: 'FAN_OUT_FAILED' } });
  });

  it('fails the command when nothing could be listed', async () => {
    const operator = await start([], { ports: { pods: podsOf([], { '*': new Error('unreachable') }) } });
    await jobsOf(operator, everything);
    await expect
      .poll(() => operator.get('/v1/jobs/J'), patiently)
      .toMatchObject({ state: 'failed', failure: { code: 'FAN_OUT_FAILED' } });
  });
});

it('scans the images of manifests by their references', async () => {
  const template = {
    spec: { containers: [{ name: 'app', image: 'nginx:1.27' }], initContainers: [{ name: 'i', image: 'busybox' }] },
  };
  const deployment: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { template },
  };
  const cronJob: KubeObject = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'nightly' },
    spec: { jobTemplate: { spec: { template } } },
  };
  const pods = manifestPods({
    name: 'folder',
    type: 'manifests',
    watch: async (_kinds, onEvent) => {
      for (const object of [deployment, cronJob]) onEvent({ type: 'added', object });
      onEvent({ type: 'unreadable', file: 'broken.yaml', line: 3, detail: 'not YAML' });
    },
  });
  const operator = await start([], { ports: { pods } });
  const jobs = await jobsOf(operator, everything);
  expect(containers(jobs)).toEqual([
    'namespace-default/cronjob-nightly app',
    'namespace-default/cronjob-nightly i',
    'namespace-shop/deployment-web app',
    'namespace-shop/deployment-web i',
  ]);
  expect(jobs.every(({ imageHash }) => imageHash === '')).toBe(true);
  expect(await operator.get('/v1/jobs/J')).toMatchObject({
    errors: ['all namespaces: the pods could not be listed: broken.yaml: not YAML'],
  });
});
