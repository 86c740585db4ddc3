import { systemClock } from '@kso/kit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createKubeClient } from './client.ts';
import { createOwnerLookup } from './owners/owner-lookup.ts';
import { createPodReader } from './pod-reader.ts';
import { type FakeApiServer, startFakeApiServer } from './testing/index.ts';

const configMap = { group: '', kind: 'ConfigMap' };

async function connect(limits?: { maxPageBytes: number; maxEventBytes: number }) {
  const server = await startFakeApiServer();
  const client = createKubeClient(server.connection(), {
    clock: systemClock,
    userAgent: 'kso-test',
    ...(limits === undefined ? {} : { limits }),
  });
  onTestFinished(async () => {
    await client.close();
    await server.stop();
  });
  return { server, client };
}

const putMaps = (server: FakeApiServer, count: number, data = '') => {
  for (let index = 0; index < count; index += 1) {
    const metadata = { name: `m${index}`, namespace: 'shop' };
    server.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { data } });
  }
};

describe('a client', () => {
  it('B15 lists everything once although the continue token expires', async () => {
    const { server, client } = await connect();
    putMaps(server, 9);
    const names: string[] = [];
    for await (const page of client.list(configMap, { pageSize: 3 })) {
      names.push(...page.map(({ metadata }) => metadata.name));
      if (names.length === 3) server.expireContinueTokens();
    }
    expect(names.toSorted()).toEqual(Array.from({ length: 9 }, (_, index) => `m${index}`));
  });

  it('reads large objects in smaller pages, and refuses one that is too large by itself', async () => {
    const { server, client } = await connect({ maxPageBytes: 5_000, maxEventBytes: 5_000 });
    putMaps(server, 8, 'x'.repeat(1_000));
    const sizes: number[] = [];
    for await (const page of client.list(configMap)) sizes.push(page.length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(8);
    putMaps(server, 1, 'x'.repeat(10_000));
    const all = async () => {
      for await (const page of client.list(configMap)) expect(page.length).toBeLessThan(8);
    };
    await expect(all()).rejects.toMatchObject({ code: 'KUBE_API' });
  });

  it('sees a kind that was added later, after it was told to look anew', async () => {
    const { server, client } = await connect();
    const kind = { group: 'example.com', kind: 'Widget' };
    expect(await client.discovery.resolve(kind)).toMatchObject({ outcome: 'notServed' });
    server.serve({ ...kind, version: 'v1', plural: 'widgets', namespaced: true, verbs: ['list', 'watch'] });
    client.discovery.forget('example.com');
    expect(await client.discovery.resolve(kind)).toMatchObject({ outcome: 'served' });
  });

  it('reads pods one by one with their top owners', async () => {
    const { server, client } = await connect();
    const meta = (name: string, owner?: object) => ({
      name,
      namespace: 'shop',
      labels: { app: 'web' },
      ...(owner === undefined ? {} : { ownerReferences: [owner] }),
    });
    server.put({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: meta('web-1', { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }) as never,
    });
    for (const name of ['web-1-a', 'web-1-b', 'web-1-c']) {
      const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1' };
      server.put({ apiVersion: 'v1', kind: 'Pod', metadata: meta(name, owner) as never });
    }
    server.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'other', namespace: 'else' } });
    const pods = createPodReader(client, createOwnerLookup(client, systemClock));
    const found: string[] = [];
    for await (const pod of pods.listPods('shop', { labels: { app: 'web' }, pageSize: 2 })) {
      const { kind, name } = await pods.topOwner(pod);
      found.push(`${pod.metadata.name} ${kind}/${name}`);
    }
    expect(found).toEqual(['web-1-a Deployment/web', 'web-1-b Deployment/web', 'web-1-c Deployment/web']);
    expect(server.requests.filter(({ url }) => url.includes('replicasets/'))).toHaveLength(1);
  });
});
