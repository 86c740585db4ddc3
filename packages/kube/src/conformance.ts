import { randomBytes } from 'node:crypto';
import type { SourceEvent } from '@kso/domain';
import { createLogger, createMetrics, systemClock } from '@kso/kit';
import type { KubeObject } from '@kso/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ClusterConnection,
  type ClusterSourceOptions,
  createClusterSource,
  createKubeClient,
  type KubeClient,
} from './index.ts';
import { createEventLog } from './testing/index.ts';

/** One API server, real or not, for {@link kubeConformance}. */
export interface ConformanceTarget {
  /** With all rights, impersonation included. */
  readonly connection: ClusterConnection;
  apply(objects: readonly KubeObject[]): Promise<unknown>;
  delete(object: KubeObject): Promise<unknown>;
  /** Breaks all connections, forgets the history of changes, and makes these changes before watches can go on. */
  interrupt(change: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

const configMap = { group: '', kind: 'ConfigMap' };
const secret = { group: '', kind: 'Secret' };

/** What this package expects of an API server, and what a fake of one has to do. */
export function kubeConformance(name: string, start: () => Promise<ConformanceTarget>): void {
  describe(`Kubernetes client on ${name}`, () => {
    const namespace = `conformance-${randomBytes(4).toString('hex')}`;
    let target: ConformanceTarget;
    let client: KubeClient;
    /** Somebody who may do nothing. */
    let stranger: KubeClient;

    const aMap = (mapName: string, data: Record<string, string> = {}): KubeObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: mapName, namespace, labels: { suite: 'conformance' } },
      data,
    });

    beforeAll(async () => {
      target = await start();
      const { connection } = target;
      const clientOptions = { clock: systemClock, userAgent: 'kso-conformance' };
      client = createKubeClient(connection, clientOptions);
      const headers = async () => ({ ...(await connection.headers()), 'impersonate-user': 'stranger' });
      stranger = createKubeClient({ ...connection, headers }, clientOptions);
      await target.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
      await target.apply(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((mapName) => aMap(mapName, { key: mapName })));
    });

    afterAll(async () => {
      await client.close();
      await stranger.close();
      await target.stop();
    });

    const names = async (pages: AsyncIterable<readonly KubeObject[]>) => {
      const found: string[][] = [];
      for await (const page of pages) found.push(page.map((object) => object.metadata.name));
      return found;
    };

    it('knows the version of the server', async () => {
      expect(await client.version()).toMatchObject({ gitVersion: expect.stringMatching(/^v1\./) });
    });

    it('B11 finds a kind in the preferred version of its group', async () => {
      expect(await client.discovery.resolve({ group: 'apps', kind: 'Deployment' })).toMatchObject({
        outcome: 'served',
        resource: { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true },
      });
      expect(await client.discovery.resolve({ group: 'autoscaling', kind: 'HorizontalPodAutoscaler' })).toMatchObject({
        resource: { version: 'v2' },
      });
    });

    it('B11 does not list what has only `create`, nor kinds and groups that nobody serves', async () => {
      const { resources } = await client.discovery.listable();
      const kinds = resources.map(({ group, kind }) => `${group}/${kind}`);
      expect(kinds).toContain('/Pod');
      expect(kinds).not.toContain('authentication.k8s.io/TokenReview');
      expect(kinds.length).toBe(new Set(kinds).size);
      for (const kind of [
        { group: 'authentication.k8s.io', kind: 'TokenReview' },
        { group: 'apps', kind: 'Nonsense' },
        { group: 'nobody.example.com', kind: 'Nothing' },
      ]) {
        expect(await client.discovery.resolve(kind)).toMatchObject({ outcome: 'notServed' });
      }
    });

    it('reads one object, and tells missing from forbidden', async () => {
      const found = await client.get(configMap, namespace, 'a');
      expect(found).toMatchObject({
        outcome: 'found',
        object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace }, data: { key: 'a' } },
      });
      expect(await client.get(configMap, namespace, 'absent')).toMatchObject({ outcome: 'notFound' });
      expect(await stranger.get(configMap, namespace, 'a')).toMatchObject({ outcome: 'forbidden' });
    });

    it('lists in pages, with label and field selectors', async () => {
      const labels = { suite: 'conformance' };
      const paged = await names(client.list(configMap, { namespace, labels, pageSize: 3 }));
      expect(paged).toEqual([['a', 'b', 'c'], ['d', 'e', 'f'], ['g']]);
      const everywhere = await names(client.list(configMap, { labels, fields: { 'metadata.name': 'e' } }));
      expect(everywhere).toEqual([['e']]);
      await expect(names(stranger.list(configMap, { namespace }))).rejects.toMatchObject({ code: 'KUBE_API' });
      const unknownField = names(client.list(configMap, { namespace, fields: { nope: 'x' } }));
      await expect(unknownField).rejects.toMatchObject({ code: 'KUBE_API', context: { status: 400 } });
    });

    it('creates an object once, under its name or one of the server', async () => {
      const made = await client.writer.create(aMap('made', { v: '1' }));
      expect(made).toMatchObject({ outcome: 'written', object: { metadata: { name: 'made', namespace } } });
      expect(await client.writer.create(aMap('made'))).toMatchObject({ outcome: 'exists' });
      const metadata = { generateName: 'made-', namespace };
      const named = await client.writer.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
      expect(named).toMatchObject({
        outcome: 'written',
        object: { metadata: { name: expect.stringMatching(/^made-./) } },
      });
      expect(await stranger.writer.create(aMap('strange'))).toMatchObject({ outcome: 'forbidden' });
      const nonsense = { apiVersion: 'apps/v1', kind: 'Nonsense', metadata: { name: 'x', namespace } };
      expect(await client.writer.create(nonsense)).toMatchObject({ outcome: 'notServed' });
    });

    it('replaces an object only if nobody has changed it since it was read', async () => {
      const read = await client.writer.create(aMap('raced', { v: '1' }));
      if (read.outcome !== 'written') throw new Error(read.detail);
      const mine = await client.writer.replace({ ...read.object, data: { v: '2' } });
      expect(mine).toMatchObject({ outcome: 'written', object: { data: { v: '2' } } });
      expect(await client.writer.replace({ ...read.object, data: { v: '3' } })).toMatchObject({ outcome: 'conflict' });
      expect(await client.writer.replace(aMap('absent'))).toMatchObject({ outcome: 'notFound' });
    });

    it('changes parts of an object by a merge patch', async () => {
      await client.writer.create(aMap('patched', { kept: '1', gone: '1' }));
      const target = { ...configMap, namespace, name: 'patched' };
      const patched = await client.writer.patch(target, { data: { gone: null, added: '1' } });
      expect(patched).toMatchObject({ outcome: 'written', object: { data: { kept: '1', added: '1' } } });
      expect(patched.outcome === 'written' && patched.object['data']).not.toHaveProperty('gone');
      const absent = await client.writer.patch({ ...target, name: 'absent' }, { data: {} });
      expect(absent).toMatchObject({ outcome: 'notFound' });
    });

    it('deletes an object, and not another one of its name', async () => {
      await client.writer.create(aMap('deleted'));
      const target = { ...configMap, namespace, name: 'deleted' };
      const uid = '00000000-0000-0000-0000-000000000000';
      expect(await client.writer.delete(target, { uid })).toMatchObject({ outcome: 'conflict' });
      expect(await client.writer.delete(target)).toEqual({ outcome: 'deleted' });
      expect(await client.writer.delete(target)).toMatchObject({ outcome: 'notFound' });
    });

    const sourceOf = (kubeClient: KubeClient, filter?: ClusterSourceOptions['filter']) =>
      createClusterSource(
        {
          client: kubeClient,
          clock: systemClock,
          logger: createLogger({ service: 'conformance', level: 'silent' }),
          metrics: createMetrics(),
        },
        { settings: { backoff: { baseMs: 50, maxMs: 500 } }, ...(filter === undefined ? {} : { filter }) },
      );
    const isOurs = (event: SourceEvent) => 'object' in event && event.object.metadata.namespace === namespace;

    it('shows what is there, then each change, as an object source', async () => {
      const stop = new AbortController();
      const log = createEventLog();
      const source = sourceOf(client);
      await source.watch([configMap], log.onEvent, stop.signal);
      expect(log.lines().at(-1)).toBe('synced ConfigMap');
      expect(log.events.filter(isOurs).filter(({ type }) => type === 'added').length).toBeGreaterThanOrEqual(7);
      expect(JSON.stringify(log.events)).not.toContain('managedFields');

      log.clear();
      await target.apply([aMap('later', { v: '1' })]);
      await log.until((events) => events.some(isOurs));
      await target.apply([aMap('later', { v: '2' })]);
      await log.until((events) => events.filter(isOurs).length === 2);
      await target.delete(aMap('later'));
      await log.until((events) => events.filter(isOurs).length === 3);
      const ours = log.events
        .filter(isOurs)
        .map((event) => ('object' in event ? [event.type, event.object['data']] : []));
      expect(ours).toEqual([
        ['added', { v: '1' }],
        ['modified', { v: '2' }],
        ['deleted', { v: '2' }],
      ]);
      stop.abort();
    });

    it('follows only what is asked for', async () => {
      const stop = new AbortController();
      const log = createEventLog();
      const labels = { suite: 'conformance' };
      await sourceOf(client, { namespace, labels, fields: { 'metadata.name': 'chosen' } }).watch(
        [configMap],
        log.onEvent,
        stop.signal,
      );
      expect(log.lines()).toEqual(['synced ConfigMap']);
      await target.apply([aMap('chosen'), aMap('not-chosen')]);
      await log.until((events) => events.some(isOurs));
      await target.delete(aMap('not-chosen'));
      await target.delete(aMap('chosen'));
      await log.until((events) => events.filter(isOurs).length === 2);
      expect(log.lines()).toEqual(['synced ConfigMap', `added ${namespace}/chosen`, `deleted ${namespace}/chosen`]);
      stop.abort();
    });

    it('B10 reports kinds that may not be listed, and kinds that are not served, without failing', async () => {
      const stop = new AbortController();
      const log = createEventLog();
      await sourceOf(stranger).watch([secret, { group: 'apps', kind: 'Nonsense' }], log.onEvent, stop.signal);
      expect(log.lines().toSorted()).toEqual(['failed Nonsense notServed', 'failed Secret forbidden']);
      stop.abort();
    });

    it('answers a watch from a forgotten version with `expired`, and a source shows the difference once', async () => {
      const resolved = await client.discovery.resolve(configMap);
      if (resolved.outcome !== 'served') throw new Error(resolved.detail);
      const before = await client.get(configMap, namespace, 'a');
      const stop = new AbortController();
      const log = createEventLog();
      await sourceOf(client).watch([configMap], log.onEvent, stop.signal);
      log.clear();

      await target.interrupt(async () => {
        await target.apply([aMap('b', { key: 'changed' }), aMap('new')]);
        await target.delete(aMap('c'));
      });
      const ours = () => log.lines().filter((line) => line.includes(namespace));
      await log.until(() => ours().length === 3);
      const expected = [`added ${namespace}/new`, `deleted ${namespace}/c`, `modified ${namespace}/b`];
      expect(ours().toSorted()).toEqual(expected);
      stop.abort();

      const resourceVersion = before.outcome === 'found' ? (before.object.metadata.resourceVersion ?? '') : '';
      const options = { resourceVersion, timeoutSeconds: 10, signal: AbortSignal.timeout(20_000) };
      const result = await client.resources.watch(resolved.resource, options);
      const refusals: unknown[] = [];
      if (result.outcome !== 'watching') refusals.push(result);
      else for await (const event of result.events) if (event.type === 'refused') refusals.push(event.refusal);
      expect(refusals).toMatchObject([{ outcome: 'expired' }]);
    });
  });
}
