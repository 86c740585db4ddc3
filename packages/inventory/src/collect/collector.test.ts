import { describeError } from '@kso/kit';
import { createKubeClient } from '@kso/kube';
import { createManualClock } from '@kso/kube/testing';
import { describe, expect, it } from 'vitest';
import { toSettings } from '../config/settings.ts';
import { k8sInventoryReport } from '../documents/k8s-inventory.ts';
import { kaiReport } from '../documents/kai.ts';
import { normaliseReport } from '../documents/normalise.ts';
import { digest, namespaceObject, nodeObject, podObject } from '../testing/builders.ts';
import { configOf, portsOf, silent, startCluster } from '../testing/start.ts';
import { collectInventory } from './collector.ts';

const pod = { group: '', kind: 'Pod' };
const node = { group: '', kind: 'Node' };
const namespaceKind = { group: '', kind: 'Namespace' };

type Cluster = Awaited<ReturnType<typeof startCluster>>;

async function collect(cluster: Cluster, flags: Readonly<Record<string, unknown>> = {}) {
  return collectInventory(toSettings(configOf(flags)).collect, portsOf(cluster));
}

async function clusterOf(...namespaces: readonly string[]): Promise<Cluster> {
  const cluster = await startCluster();
  for (const name of namespaces) cluster.put(namespaceObject(name));
  cluster.put(nodeObject('node-1'));
  return cluster;
}

const podLists = (cluster: Cluster) => cluster.requests.filter(({ url }) => /\/pods\?/.test(url)).map(({ url }) => url);

describe('namespace selection (acceptance 3)', () => {
  const all = ['default', 'kube-system', 'kube-public', 'shop'];
  const namesOf = async (flags: Readonly<Record<string, unknown>>) =>
    (await collect(await clusterOf(...all), flags)).namespaces.map(({ name }) => name);

  it('excludes by name and by expression', async () => {
    expect(await namesOf({ 'namespace-selectors.exclude': ['default', '^kube-*'] })).toEqual(['shop']);
    // An exact name is no expression.
    expect(await namesOf({ 'namespace-selectors.exclude': ['kube'] })).toEqual(all.toSorted());
  });

  it('includes by exact name, in that order, without those that are excluded', async () => {
    expect(await namesOf({ 'namespace-selectors.include': ['shop', 'nope', 'default'] })).toEqual(['shop', 'default']);
    const both = { 'namespace-selectors.include': ['shop', 'default'], 'namespace-selectors.exclude': ['shop'] };
    expect(await namesOf(both)).toEqual(['default']);
  });

  it('takes labels', async () => {
    const cluster = await clusterOf('a');
    cluster.put(namespaceObject('b', { team: 'red' }));
    const { namespaces } = await collect(cluster, { 'namespace-selectors.labels': 'team=red' });
    expect(namespaces.map(({ name }) => name)).toEqual(['b']);
  });

  it('keeps empty namespaces unless told otherwise', async () => {
    const cluster = await clusterOf('a', 'b');
    cluster.put(podObject('p', { namespace: 'b' }));
    expect((await collect(cluster)).namespaces).toHaveLength(2);
    expect((await collect(cluster, { 'namespace-selectors.ignore-empty': true })).namespaces).toHaveLength(1);
  });
});

describe('paging and workers', () => {
  it('reads 250 pods in three pages, also when a token expires (acceptance 6)', async () => {
    const cluster = await clusterOf('default');
    for (let index = 0; index < 250; index += 1) cluster.put(podObject(`p${index}`));
    expect((await collect(cluster)).namespaces[0]?.pods).toHaveLength(250);
    expect(podLists(cluster)).toHaveLength(3);
    expect(podLists(cluster)[0]).toContain('limit=100');

    const expiring = cluster.requested((requests) => requests.filter(({ url }) => /\/pods\?/.test(url)).length === 4);
    const again = collect(cluster);
    await expiring;
    cluster.expireContinueTokens();
    expect((await again).namespaces[0]?.pods).toHaveLength(250);
  });

  it('never lists more namespaces at once than there are workers (acceptance 7)', async () => {
    const cluster = await clusterOf(...Array.from({ length: 12 }, (_, index) => `n${index}`));
    const { client } = portsOf(cluster);
    let running = 0;
    let most = 0;
    const counting: typeof client = {
      ...client,
      list: async function* (kind, filter) {
        const isPods = kind.kind === 'Pod';
        if (isPods) most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        yield* client.list(kind, filter);
        if (isPods) running -= 1;
      },
    };
    const settings = toSettings(configOf({ 'kubernetes.worker-pool-size': 3 })).collect;
    await collectInventory(settings, { ...portsOf(cluster), client: counting });
    expect(most).toBe(3);
  });

  it('gives up after five request timeouts', async () => {
    const cluster = await clusterOf('default');
    cluster.blackHole(true);
    const clock = createManualClock();
    const collecting = collectInventory(toSettings(configOf()).collect, portsOf(cluster, { clock }));
    collecting.catch(() => undefined);
    await clock.advance(300_000);
    await expect(collecting).rejects.toThrow('longer than 300 s');
  });
});

describe('B33 races and missing rights', () => {
  it('a vanished namespace and forbidden nodes are gaps, and nothing refers to them', async () => {
    const cluster = await clusterOf('a', 'b');
    cluster.put(podObject('p', { namespace: 'a' }));
    cluster.put(podObject('q', { namespace: 'b' }));
    cluster.refuse(node, 403);
    const { client } = portsOf(cluster);
    const racing: typeof client = {
      ...client,
      list: async function* (kind, filter) {
        if (kind.kind === 'Pod' && filter?.namespace === 'b') {
          cluster.remove(podObject('q', { namespace: 'b' }));
          cluster.remove(namespaceObject('b'));
        }
        yield* client.list(kind, filter);
      },
    };
    const inventory = await collectInventory(toSettings(configOf()).collect, { ...portsOf(cluster), client: racing });
    expect(inventory.gaps).toEqual([
      { kind: 'nodes', reason: 'not permitted', detail: expect.stringContaining('403') },
      { kind: 'namespaces', namespace: 'b', reason: 'vanished', detail: '' },
    ]);
    const { report } = normaliseReport(k8sInventoryReport(inventory));
    expect(report.errors).toEqual(inventory.gaps);
    expect(report.namespaces?.map(({ name }) => name)).toEqual(['a']);
    expect(report.pods).toEqual([expect.not.objectContaining({ node_uid: expect.anything() })]);
    expect(report.containers).toHaveLength(1);
  });

  it('one namespace whose pods may not be read is left out and named, the others go on', async () => {
    const cluster = await clusterOf('a', 'b');
    cluster.put(podObject('p', { namespace: 'a' }));
    const { client } = portsOf(cluster);
    const limited: typeof client = {
      ...client,
      list: async function* (kind, filter) {
        if (kind.kind === 'Pod' && filter?.namespace === 'b') cluster.refuse(pod, 403);
        yield* client.list(kind, filter);
      },
    };
    const settings = toSettings(configOf({ 'kubernetes.worker-pool-size': 1 })).collect;
    const inventory = await collectInventory(settings, { ...portsOf(cluster), client: limited });
    expect(inventory.namespaces.map(({ name }) => name)).toEqual(['a']);
    expect(inventory.gaps).toMatchObject([{ kind: 'pods', namespace: 'b', reason: 'not permitted' }]);
  });

  it('B11 a kind that is served but cannot be listed is a gap', async () => {
    const cluster = await clusterOf('a');
    cluster.put(podObject('p', { namespace: 'a' }));
    cluster.serve({ group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false, verbs: ['get'] });
    const inventory = await collect(cluster);
    expect(inventory.gaps).toMatchObject([{ kind: 'nodes', reason: 'failed' }]);
    expect(inventory.namespaces[0]?.containers).toHaveLength(1);
    expect(cluster.requests.filter(({ url }) => url.includes('/nodes'))).toEqual([]);
  });

  it('without a list of namespaces there is no inventory (acceptance 8)', async () => {
    const cluster = await clusterOf('a');
    cluster.refuse(namespaceKind, 403);
    await expect(collect(cluster)).rejects.toMatchObject({ code: 'NAMESPACES_UNREADABLE' });
    cluster.refuse(namespaceKind, undefined);
    cluster.refuse(pod, 403);
    await expect(collect(cluster)).rejects.toMatchObject({ code: 'NAMESPACES_UNREADABLE' });
  });

  it('names of which none exists are no empty cluster', async () => {
    const cluster = await clusterOf('a');
    const named = (include: readonly string[]) => collect(cluster, { 'namespace-selectors.include': include });
    await expect(named(['nope'])).rejects.toMatchObject({ code: 'NAMESPACES_UNREADABLE' });
    expect((await named(['a', 'nope'])).namespaces.map(({ name }) => name)).toEqual(['a']);
  });

  it('who may not list namespaces may name them', async () => {
    const cluster = await clusterOf('a', 'b');
    cluster.put(podObject('p', { namespace: 'a' }));
    const { client } = portsOf(cluster);
    const limited: typeof client = {
      ...client,
      list: (kind, filter) => {
        cluster.refuse(namespaceKind, kind.kind === 'Namespace' ? 403 : undefined);
        return client.list(kind, filter);
      },
      get: (kind, ...rest) => {
        cluster.refuse(namespaceKind, undefined);
        return client.get(kind, ...rest);
      },
    };
    const settings = toSettings(configOf({ 'namespace-selectors.include': ['a', 'gone'] })).collect;
    const inventory = await collectInventory(settings, { ...portsOf(cluster), client: limited });
    expect(inventory.namespaces.map(({ name }) => name)).toEqual(['a']);
    expect(inventory.gaps).toMatchObject([{ kind: 'namespaces', namespace: 'gone', reason: 'vanished' }]);
  });
});

it('makes the documented KAI document (acceptance 1)', async () => {
  const cluster = await clusterOf('kube-public', 'default');
  cluster.put(podObject('a', { images: { c: [`alpine@${digest('4')}`, digest('4')] } }));
  cluster.put(
    podObject('b', { images: { c: [`alpine@${digest('4')}`, digest('4')], d: ['nginx:1.27', digest('5')] } }),
  );
  cluster.put(podObject('done', { phase: 'Succeeded', images: { c: ['job:1', digest('6')] } }));
  const inventory = await collect(cluster, { 'kubeconfig.cluster': 'eks-prod' });
  expect(kaiReport({ ...inventory, takenAt: Date.parse('2021-11-17T18:47:36.500Z') })).toEqual({
    timestamp: '2021-11-17T18:47:36Z',
    results: [
      {
        namespace: 'default',
        images: [
          { tag: `alpine:${'4'.repeat(64)}`, repoDigest: digest('4') },
          { tag: 'nginx:1.27', repoDigest: digest('5') },
        ],
      },
      { namespace: 'kube-public', images: [] },
    ],
    serverVersionMetadata: { major: '1', minor: '35', gitVersion: 'v1.35.0-fake', platform: 'linux/amd64' },
    cluster_name: 'eks-prod',
    inventory_type: 'kubernetes',
  });
  const everything = await collect(cluster, { 'ignore-not-running': false });
  expect(everything.namespaces[0]?.containers.map(({ imageTag }) => imageTag)).toContain('job:1');
  // Pods that do not run are listed all the same.
  expect(inventory.namespaces[0]?.pods).toHaveLength(3);
});

it('shows the metadata that is chosen', async () => {
  const cluster = await clusterOf();
  cluster.put(namespaceObject('a', { team: 'red', 'kubernetes.io/metadata.name': 'a' }));
  cluster.put(podObject('p', { namespace: 'a' }));
  const [chosen] = (await collect(cluster, { 'metadata-collection.namespaces.include-labels': ['kubernetes'] }))
    .namespaces;
  expect(chosen?.labels).toEqual({ 'kubernetes.io/metadata.name': 'a' });
  const [none] = (
    await collect(cluster, { 'metadata-collection.namespaces.disable': true, 'metadata-collection.pods.disable': true })
  ).namespaces;
  expect([none?.labels, none?.pods[0]?.labels]).toEqual([{}, {}]);
  expect(none?.rawLabels['team']).toBe('red');
});

it('a server that is not there is an error and no empty inventory', async () => {
  const cluster = await clusterOf('a');
  const client = createKubeClient(
    { ...cluster.connection(), server: new URL('http://127.0.0.1:1') },
    { clock: createManualClock(), userAgent: 'kso-inventory' },
  );
  const ports = { ...portsOf(cluster), client, logger: silent };
  const error: unknown = await collectInventory(toSettings(configOf()).collect, ports).catch(
    (refused: unknown) => refused,
  );
  expect(error).toMatchObject({ code: 'NAMESPACES_UNREADABLE' });
  // Once: the cause is told by itself.
  expect(describeError(error).match(/does not answer/g)).toHaveLength(1);
});
