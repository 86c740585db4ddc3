import type { FakeApiServer } from '@kso/kube/testing';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { pod, replicaSet, type Started, startCluster, startKollector } from './test-kollector.ts';
import { type Frame, type ReportReceiver, said, startReportReceiver } from './test-receiver.ts';

const quick = { triggerNewImageScan: false, waitBeforeReport: '0s', reportQuiet: '150ms', reconnectMin: '20ms' };

async function startReporting(
  settings: Record<string, unknown> = {},
  parts: { cluster?: FakeApiServer; receiver?: ReportReceiver } = {},
): Promise<Started & { reports: ReportReceiver }> {
  const reports = parts.receiver ?? (await startReportReceiver());
  const cluster = parts.cluster ?? (await startCluster());
  const started = await startKollector({ ...quick, eventReceiverUrl: reports.url, ...settings }, { cluster });
  return { ...started, reports };
}

const node = (name: string, status: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: { providerID: 'aws:///eu-west-1a/i-0' },
  status: { nodeInfo: { kubeletVersion: 'v1.35.4' }, ...status },
});
const deployment = (name: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop' },
  spec: { replicas: 3, template: { spec: { containers: [{ name: 'app', image: 'app:1' }] } } },
});
const cronJob = (name: string, schedule = '@daily'): KubeObject => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name, namespace: 'shop' },
  spec: { schedule, jobTemplate: { spec: { template: { spec: { containers: [{ name: 'job', image: 'job:1' }] } } } } },
});
const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
const webPod = (name: string, phase = 'Running') => pod(name, { owner: 'web-1', phase, images: { app: 'a1' } });

/** 2 nodes, a Deployment with 3 pods, a pod of its own, a CronJob. */
async function startShop(): Promise<FakeApiServer> {
  const cluster = await startCluster();
  const all = [
    ...['n1', 'n2'].map((name) => node(name)),
    namespace,
    deployment('web'),
    replicaSet('web-1', 'web'),
    ...['web-1-a', 'web-1-b', 'web-1-c'].map((name) => webPod(name)),
    pod('bare', { images: { app: 'b1' } }),
    cronJob('nightly'),
  ];
  for (const object of all) cluster.put(object);
  return cluster;
}

const names = (entries: readonly unknown[], field: string) =>
  entries.map((entry) => String((entry as Record<string, unknown>)[field])).toSorted();
const keysOf = (frame: Frame | undefined) => Object.keys(frame ?? {});

describe('reports of a cluster', () => {
  it('18.1 go to the address of the receiver with cluster, account and key', async () => {
    const { reports } = await startReporting({ account: 'acc', accessKey: 'secret key' });
    await reports.connected(1);
    const [handshake] = reports.handshakes;
    expect(handshake?.url).toBe('/k8s/cluster-reports?clusterName=c1&customerGUID=acc');
    expect(handshake?.headers).toMatchObject({ 'x-api-key': 'secret key' });
    expect(handshake?.headers['sec-websocket-protocol']).toBeUndefined();
  });

  it('18.2 begin with everything there is', async () => {
    const { reports, metrics } = await startReporting({}, { cluster: await startShop() });
    await reports.until((frames) => frames.length > 0);
    const [first] = reports.frames;
    expect(first).toMatchObject({
      firstReport: true,
      clusterAPIServerVersion: { gitVersion: expect.stringContaining('v') },
    });
    expect(keysOf(first)).toEqual([
      'firstReport',
      'clusterAPIServerVersion',
      'node',
      'microservice',
      'pod',
      'namespace',
      'installationData',
    ]);
    expect(first?.installationData).toEqual({ clusterName: 'c1', clusterProvider: 'eks' });
    expect(names(first?.node?.create ?? [], 'name')).toEqual(['n1', 'n2']);
    expect(first?.node?.create?.[0]).toMatchObject({ nodeInfo: { kubeletVersion: 'v1.35.4' } });
    expect(first?.microservice?.create).toHaveLength(3);
    expect(first?.pod?.create).toHaveLength(4);
    expect(first?.pod?.create).toContainEqual({
      podName: 'web-1-a',
      nodeName: '',
      podIP: '',
      namespace: 'shop',
      uptreeOwner: { name: 'web', kind: 'Deployment' },
      podStatus: 'Running',
      startedAt: '2026-01-01T00:00:00Z',
    });
    expect(await metrics()).toContain('kollector_objects{section="pod"} 4');
  });

  it('show each workload by one of its pods, with its owner and a number', async () => {
    const { reports } = await startReporting({}, { cluster: await startShop() });
    await reports.until((frames) => frames.length > 0);
    const [first] = reports.frames;
    const web = first?.microservice?.create?.find((entry) => JSON.stringify(entry).includes('"Deployment"'));
    expect(web).toMatchObject({
      kind: 'Pod',
      metadata: { namespace: 'shop' },
      spec: { containers: [{ name: 'app' }] },
      uptreeOwner: {
        name: 'web',
        kind: 'Deployment',
        ownerData: { kind: 'Deployment', apiVersion: 'apps/v1', spec: { replicas: 3 } },
      },
    });
    expect(first?.microservice?.create).toContainEqual(
      expect.objectContaining({ kind: 'CronJob', spec: { containers: [{ name: 'job', image: 'job:1' }] } }),
    );
    const ids = names(first?.microservice?.create ?? [], 'podSpecId');
    expect(new Set(ids).size).toBe(3);
  });

  it('18.3 tell the change of one pod in one frame, and nothing else', async () => {
    const { reports, cluster } = await startReporting({}, { cluster: await startShop() });
    await reports.until((frames) => frames.length > 0);
    cluster.put(webPod('web-1-b', 'Failed'));
    await reports.until((frames) => frames.length > 1);
    expect(keysOf(reports.frames[1])).toEqual(['firstReport', 'pod']);
    expect(reports.frames[1]).toMatchObject({
      firstReport: false,
      pod: { update: [{ podName: 'web-1-b', podStatus: 'Failed' }] },
    });
    expect(Object.keys(reports.frames[1]?.pod ?? {})).toEqual(['update']);
  });

  it('18.4 end a workload with its last pod, under the number that it had', async () => {
    const { reports, cluster } = await startReporting({}, { cluster: await startShop() });
    await reports.until((frames) => frames.length > 0);
    const web = reports.frames[0]?.microservice?.create?.find((entry) =>
      JSON.stringify(entry).includes('"Deployment"'),
    );
    cluster.remove(deployment('web'));
    for (const name of ['web-1-a', 'web-1-b', 'web-1-c']) cluster.remove(webPod(name));
    await reports.until((frames) => said(frames, 'microservice', 'delete').length > 0);
    const last = reports.frames.at(-1);
    expect(last?.pod?.delete?.at(-1)).toMatchObject({ podStatus: 'Terminating' });
    expect(last?.microservice?.delete).toEqual([web]);
    expect(names(said(reports.frames, 'pod', 'delete'), 'podName')).toEqual(['web-1-a', 'web-1-b', 'web-1-c']);
  });

  it('keep a workload that is scaled to nothing', async () => {
    const { reports, cluster } = await startReporting({}, { cluster: await startShop() });
    await reports.until((frames) => frames.length > 0);
    const gets = () => cluster.requests.filter(({ url }) => url.endsWith('/deployments/web')).length;
    const before = gets();
    for (const name of ['web-1-a', 'web-1-b', 'web-1-c']) cluster.remove(webPod(name));
    await reports.until((frames) => said(frames, 'pod', 'delete').length === 3);
    await cluster.requested(() => gets() > before);
    cluster.remove(node('n2'));
    await reports.until((frames) => said(frames, 'node', 'delete').length > 0);
    expect(said(reports.frames, 'microservice', 'delete')).toEqual([]);
  });

  it('give a CronJob that goes, a StatefulSet and a pod of its own the number that they had', async () => {
    const cluster = await startShop();
    const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', controller: true };
    const set: KubeObject = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db', namespace: 'shop' } };
    const plain = pod('db-0', { images: { app: 'd1' } });
    const dbPod = { ...plain, metadata: { ...plain.metadata, ownerReferences: [owner] } };
    cluster.put(set);
    cluster.put(dbPod);
    const { reports } = await startReporting({}, { cluster });
    await reports.until((frames) => frames.length > 0);
    const idOf = (entries: readonly unknown[], kind: string) =>
      entries
        .map((entry) => entry as { podSpecId: number; uptreeOwner: { kind: string } })
        .find(({ uptreeOwner }) => uptreeOwner.kind === kind)?.podSpecId;
    cluster.put(cronJob('nightly', '@hourly'));
    await reports.until((frames) => said(frames, 'microservice', 'update').length > 0);
    cluster.remove(cronJob('nightly'));
    cluster.remove(set);
    cluster.remove(dbPod);
    cluster.remove(pod('bare', { images: {} }));
    await reports.until((frames) => said(frames, 'microservice', 'delete').length === 3);
    const [created, deleted] = [
      said(reports.frames, 'microservice', 'create'),
      said(reports.frames, 'microservice', 'delete'),
    ];
    for (const kind of ['CronJob', 'StatefulSet', 'Pod']) {
      expect(idOf(deleted, kind)).toBeTypeOf('number');
      expect(idOf(deleted, kind)).toBe(idOf(created, kind));
    }
    expect(idOf(said(reports.frames, 'microservice', 'update'), 'CronJob')).toBe(idOf(created, 'CronJob'));
  });

  it('18.5 carry nothing that is in a Secret', async () => {
    const cluster = await startShop();
    const sentinel = 'c2VudGluZWw=';
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'db',
        namespace: 'shop',
        labels: { app: 'db' },
        annotations: {
          data: sentinel,
          'kubectl.kubernetes.io/last-applied-configuration': `{"data":{"password":"${sentinel}"}}`,
          'example.com/copy': `${'x'.repeat(1024)}${sentinel}`,
          'example.com/owner': 'shop team',
        },
      },
      type: 'Opaque',
      data: { password: sentinel },
      stringData: { password: sentinel },
      password: sentinel,
    };
    cluster.put(secret);
    const { reports } = await startReporting({ reportSecrets: true }, { cluster });
    await reports.until((frames) => said(frames, 'secret', 'create').length > 0);
    cluster.put({ ...secret, type: 'kubernetes.io/basic-auth' });
    await reports.until((frames) => said(frames, 'secret', 'update').length > 0);
    cluster.remove(secret);
    await reports.until((frames) => said(frames, 'secret', 'delete').length > 0);
    expect(said(reports.frames, 'secret', 'create')).toMatchObject([
      {
        kind: 'Secret',
        type: 'Opaque',
        metadata: { labels: { app: 'db' }, annotations: { 'example.com/owner': 'shop team' } },
      },
    ]);
    expect(reports.texts.filter((text) => text.includes(sentinel))).toEqual([]);
  });

  it('do not even ask for Secrets unless they are to be reported', async () => {
    const { reports, cluster } = await startReporting({}, { cluster: await startShop() });
    await reports.until((frames) => frames.length > 0);
    expect(cluster.requests.filter(({ url }) => url.includes('secrets'))).toEqual([]);
  });

  it('18.6 name a node that goes, and no more', async () => {
    const { reports, cluster } = await startReporting({}, { cluster: await startShop() });
    await reports.until((frames) => frames.length > 0);
    cluster.remove(node('n1'));
    await reports.until((frames) => frames.length > 1);
    expect(reports.texts[1]).toBe('{"firstReport":false,"node":{"delete":["n1"]}}');
  });

  it('say nothing of a heartbeat', async () => {
    const ready = (lastHeartbeatTime: string, status = 'True') => ({
      conditions: [{ type: 'Ready', status, lastHeartbeatTime }],
    });
    const cluster = await startCluster();
    cluster.put(node('n1', ready('2026-11-30T10:00:00Z')));
    const { reports } = await startReporting({}, { cluster });
    await reports.until((frames) => frames.length > 0);
    cluster.put(node('n1', ready('2026-11-30T10:05:00Z')));
    // Comes after it on the same watch.
    cluster.put(node('n2'));
    await reports.until((frames) => frames.length > 1);
    expect(said(reports.frames, 'node', 'update')).toEqual([]);
    cluster.put(node('n1', ready('2026-11-30T10:06:00Z', 'False')));
    await reports.until((frames) => said(frames, 'node', 'update').length > 0);
  });

  it('18.9 tell what has happened while a watch was away', async () => {
    const { reports, cluster } = await startReporting({}, { cluster: await startShop() });
    await reports.until((frames) => frames.length > 0);
    await cluster.watching(5);
    cluster.refuse({ group: '', kind: 'Pod' }, 503);
    cluster.closeWatches('reset');
    cluster.remove(webPod('web-1-a'));
    cluster.put(webPod('web-1-d'));
    cluster.compact();
    cluster.refuse({ group: '', kind: 'Pod' }, undefined);
    await reports.until(
      (frames) => said(frames, 'pod', 'delete').length > 0 && said(frames, 'pod', 'create').length > 4,
    );
    expect(said(reports.frames, 'pod', 'delete')).toMatchObject([{ podName: 'web-1-a', podStatus: 'Terminating' }]);
    expect(said(reports.frames, 'pod', 'create').at(-1)).toMatchObject({ podName: 'web-1-d' });
  });

  it('18.10 are complete although the owner of one pod is missing', async () => {
    const cluster = await startShop();
    cluster.put(pod('orphan', { owner: 'missing-1', images: { app: 'o1' } }));
    const { reports } = await startReporting({}, { cluster });
    await reports.until((frames) => frames.length > 0);
    expect(names(reports.frames[0]?.pod?.create ?? [], 'podName')).toEqual([
      'bare',
      'orphan',
      'web-1-a',
      'web-1-b',
      'web-1-c',
    ]);
    const orphan = reports.frames[0]?.pod?.create?.find((entry) => JSON.stringify(entry).includes('orphan'));
    expect(orphan).toMatchObject({ uptreeOwner: { kind: 'ReplicaSet', name: 'missing-1' } });
  });

  it('begin again on a new connection, with the state of then, and without another list', async () => {
    const { reports, cluster } = await startReporting({}, { cluster: await startShop() });
    await reports.until((frames) => frames.length > 0);
    const lists = () => cluster.requests.filter(({ url }) => url.includes('limit=')).length;
    const before = lists();
    reports.sockets[0]?.terminate();
    cluster.remove(webPod('web-1-a'));
    await reports.until((frames) => frames.filter(({ firstReport }) => firstReport).length === 2);
    await reports.until((frames) => {
      const latest = frames.slice(frames.findLastIndex(({ firstReport }) => firstReport));
      return said(latest, 'pod', 'create').length - said(latest, 'pod', 'delete').length === 3;
    });
    expect(lists()).toBe(before);
  });

  it('are split when they are large, and complete together', async () => {
    const cluster = await startShop();
    for (let index = 0; index < 300; index += 1) cluster.put(webPod(`web-1-x${index}`));
    const { reports } = await startReporting({ maxFrame: 16 * 1024 }, { cluster });
    await reports.until((frames) => said(frames, 'pod', 'create').length === 304);
    expect(reports.frames.length).toBeGreaterThan(3);
    expect(reports.frames.map(({ firstReport }) => firstReport)).toEqual(reports.frames.map((_, index) => index === 0));
    expect(Math.max(...reports.texts.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(16 * 1024);
    expect(reports.frames.filter((frame) => 'clusterAPIServerVersion' in frame)).toHaveLength(1);
  });

  it('leave namespaces out that are not to be reported, but not their nodes', async () => {
    const cluster = await startShop();
    cluster.put(pod('other', { namespace: 'elsewhere', images: { app: 'x1' } }));
    const { reports } = await startReporting({ reportNamespaces: ['elsewhere'] }, { cluster });
    await reports.until((frames) => frames.length > 0);
    expect(names(reports.frames[0]?.pod?.create ?? [], 'podName')).toEqual(['other']);
    expect(reports.frames[0]?.node?.create).toHaveLength(2);
  });

  it('18.11 and scans of images have namespaces of their own', async () => {
    const cluster = await startShop();
    const { reports, receiver } = await startReporting(
      { triggerNewImageScan: true, reportNamespaces: ['kubescape'] },
      { cluster },
    );
    await receiver.until(2);
    await reports.until((frames) => frames.length > 0);
    expect(
      receiver
        .asked()
        .map((line) => line.split(' ')[0] ?? '')
        .toSorted(),
    ).toEqual(['shop/deployment-web', 'shop/pod-bare']);
    expect(said(reports.frames, 'pod', 'create')).toEqual([]);
  });

  it('B33 do without a kind that may not be read, and the probe says so', async () => {
    const cluster = await startShop();
    cluster.refuse({ group: '', kind: 'Node' }, 403);
    const { reports, kollector } = await startReporting({}, { cluster });
    await reports.until((frames) => frames.length > 0);
    expect(reports.frames[0]?.node).toBeUndefined();
    expect(reports.frames[0]?.pod?.create).toHaveLength(4);
    expect(kollector.notReady?.()).toBeUndefined();
    expect(kollector.remarks?.()).toContainEqual(expect.stringContaining('reports without Node: forbidden'));
  });

  it('B15 survive a continue token that expires in the middle of the first list', async () => {
    const cluster = await startShop();
    for (let index = 0; index < 1100; index += 1) cluster.put(webPod(`web-1-x${index}`));
    const expire = cluster.requested((requests) => {
      if (!requests.some(({ url }) => url.includes('/pods?limit'))) return false;
      cluster.expireContinueTokens();
      return requests.some(({ url }) => url.includes('/pods?') && url.includes('continue='));
    });
    const { reports } = await startReporting({}, { cluster });
    await expire;
    await reports.until((frames) => said(frames, 'pod', 'create').length >= 1104);
    expect(new Set(names(said(reports.frames, 'pod', 'create'), 'podName')).size).toBe(1104);
    expect(said(reports.frames, 'pod', 'create')).toHaveLength(1104);
  });

  it('B11 list CronJobs once, in the version that the server prefers', async () => {
    const cluster = await startShop();
    cluster.serve({
      group: 'batch',
      version: 'v1beta1',
      kind: 'CronJob',
      plural: 'cronjobs',
      namespaced: true,
      verbs: ['get', 'list', 'watch'],
    });
    const { reports } = await startReporting({}, { cluster });
    await reports.until((frames) => frames.length > 0);
    expect(cluster.requests.some(({ url }) => url.includes('v1beta1/cronjobs'))).toBe(false);
    expect(said(reports.frames, 'microservice', 'create')).toHaveLength(3);
  });

  it('name the cloud in the first report, which waits for the answer', async () => {
    const reports = await startReportReceiver();
    const settings = { ...quick, eventReceiverUrl: reports.url };
    await startKollector(settings, { cluster: await startShop(), cloudVendor: () => Promise.resolve('AWS') });
    await reports.until((frames) => frames.length > 0);
    expect(reports.frames[0]).toMatchObject({
      cloudVendor: 'AWS',
      clusterAPIServerVersion: { gitVersion: expect.stringMatching(/;AWS$/) },
    });
  });

  it('are printed where nobody else takes them', async () => {
    const started = await startKollector({ ...quick, printReport: true }, { cluster: await startShop() });
    await expect.poll(() => started.printed).toHaveLength(1);
    expect(JSON.parse(started.printed[0] ?? '')).toMatchObject({ firstReport: true });
    expect(started.kollector.notReady?.()).toBeUndefined();
  });

  it('send the last changes before the process ends', async () => {
    const { reports, cluster, kollector, metrics } = await startReporting(
      { reportQuiet: '1h', reportMaxDelay: '2h' },
      { cluster: await startShop() },
    );
    await reports.until((frames) => frames.length > 0);
    cluster.remove(node('n1'));
    await expect.poll(metrics).toContain('kso_kube_events_total{kind="Node",type="deleted"} 1');
    await kollector.stop();
    await reports.closed();
    expect(said(reports.frames, 'node', 'delete')).toEqual(['n1']);
  });
});
