import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { createLogger, createMetrics, systemClock } from '@kso/kit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createKubeClient } from './client.ts';
import { createClusterSource } from './cluster-source.ts';
import type { ClusterConnection } from './connection/connection.ts';
import type { ReflectorSettings } from './reflector/settings.ts';
import { createEventLog, type SeenRequest, startFakeApiServer } from './testing/index.ts';

const configMap = { group: '', kind: 'ConfigMap' };
const hpa = { group: 'autoscaling', kind: 'HorizontalPodAutoscaler' };

const aMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' } });

async function fake() {
  const server = await startFakeApiServer();
  onTestFinished(() => server.stop());
  return server;
}

function sourceOf(connection: ClusterConnection, settings: Partial<ReflectorSettings> = {}, random = Math.random) {
  const client = createKubeClient(connection, { clock: systemClock, userAgent: 'kso-test/1' });
  const logger = createLogger({ service: 'test', level: 'silent' });
  const stop = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    await client.close();
  });
  const source = createClusterSource(
    { client, clock: systemClock, logger, metrics: createMetrics(), random },
    { settings },
  );
  return { source, client, stop };
}

describe('a cluster as a source', () => {
  it('B11 lists a kind that has two versions once, in the preferred one', async () => {
    const server = await fake();
    server.put({ apiVersion: 'autoscaling/v2', kind: hpa.kind, metadata: { name: 'web', namespace: 'shop' } });
    const log = createEventLog();
    const { source, stop } = sourceOf(server.connection());
    await source.watch([hpa, hpa], log.onEvent, stop.signal);
    expect(log.lines()).toEqual(['added shop/web', 'synced HorizontalPodAutoscaler']);
    expect(log.events[0]).toMatchObject({ object: { apiVersion: 'autoscaling/v2' } });
    expect(server.requests.every(({ userAgent }) => userAgent === 'kso-test/1')).toBe(true);
  });

  it('B15 pages a large list over the wire and begins anew when its token expires on the way', async () => {
    const server = await fake();
    for (let index = 0; index < 25; index += 1) server.put(aMap(`m${String(index).padStart(2, '0')}`));
    const log = createEventLog();
    const { source, stop } = sourceOf(server.connection(), { pageSize: 10 });
    let expired = false;
    const onEvent: typeof log.onEvent = (event) => {
      log.onEvent(event);
      if (!expired && log.events.length === 10) {
        expired = true;
        server.expireContinueTokens();
      }
    };
    await source.watch([configMap], onEvent, stop.signal);
    expect(log.lines()).toHaveLength(26);
    expect(new Set(log.lines()).size).toBe(26);
    const limits = server.requests
      .map(({ url }) => /limit=(\d+)/.exec(url)?.[1])
      .filter((limit) => limit !== undefined);
    expect(limits).toEqual(['10', '10', '20', '20']);
  });

  it('B34 waits longer each time while watches are closed at once, then follows, then leaves a black hole', async () => {
    const server = await fake();
    const log = createEventLog();
    const settings = { livenessMs: 300, backoff: { baseMs: 20, maxMs: 160 } };
    const { source, stop } = sourceOf(server.connection(), settings, () => 0.999);
    server.closeEachWatchAfter(5);
    await source.watch([configMap], log.onEvent, stop.signal);
    const isWatch = ({ url }: SeenRequest) => url.includes('watch=1');
    await server.requested((requests) => requests.filter(isWatch).length === 7);
    server.closeEachWatchAfter(undefined);
    const times = server.requests.filter(isWatch).map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    // A timer may fire late and never early, so the shortest gaps that are allowed can be demanded.
    expect(gaps.map((gap, index) => gap >= ([20, 40, 80, 160, 160, 160][index] ?? 0) - 2)).not.toContain(false);
    const lists = server.requests.filter(({ url }) => url.includes('limit='));
    expect(lists).toHaveLength(1);

    server.put(aMap('followed'));
    await log.until((events) => events.some(({ type }) => type === 'added'));
    await server.watching();
    server.blackHole(true);
    server.put(aMap('in-the-dark'));
    server.blackHole(false);
    await log.until((events) => events.filter(({ type }) => type === 'added').length === 2);
    expect(log.lines()).toEqual(['synced ConfigMap', 'added shop/followed', 'added shop/in-the-dark']);
  });

  it('goes on after the connection was cut in the middle of a line', async () => {
    const server = await fake();
    const log = createEventLog();
    const { source, stop } = sourceOf(server.connection(), { backoff: { baseMs: 20, maxMs: 100 } });
    await source.watch([configMap], log.onEvent, stop.signal);
    await server.watching();
    server.sendRaw('{"type":"ADDED","object":{"metadata":{"name":"ha');
    server.closeWatches();
    server.put(aMap('whole'));
    await log.until((events) => events.some(({ type }) => type === 'added'));
    expect(log.lines()).toEqual(['synced ConfigMap', 'added shop/whole']);
  });

  it('reads what it may when some kinds are forbidden or not answered', async () => {
    const server = await fake();
    server.put(aMap('a'));
    server.refuse({ group: '', kind: 'Secret' }, 403);
    server.refuse({ group: '', kind: 'Node' }, 503);
    const log = createEventLog();
    const { source, stop } = sourceOf(server.connection());
    const kinds = [configMap, { group: '', kind: 'Secret' }, { group: '', kind: 'Node' }];
    await source.watch(kinds, log.onEvent, stop.signal);
    expect(log.lines().toSorted()).toEqual([
      'added shop/a',
      'failed Node unreachable',
      'failed Secret forbidden',
      'synced ConfigMap',
    ]);
  });

  it('fails when there is no cluster, or one that does not know us', async () => {
    const log = createEventLog();
    const closed = await listen((server) => server.close());
    const nowhere = sourceOf({ ...(await fake()).connection(), server: new URL(`http://127.0.0.1:${closed}`) });
    await expect(nowhere.source.watch([configMap], log.onEvent, nowhere.stop.signal)).rejects.toMatchObject({
      name: 'SourceError',
      reason: 'unreachable',
      message: expect.stringContaining(`http://127.0.0.1:${closed}`),
    });
    const server = await fake();
    server.accept(['known']);
    const { source, stop } = sourceOf(server.connection({ authorization: 'Bearer unknown' }));
    await expect(source.watch([configMap], log.onEvent, stop.signal)).rejects.toMatchObject({
      reason: 'unauthenticated',
    });
    expect(log.events).toEqual([]);
  });

  it('fails when all kinds are unreachable, and stops trying', async () => {
    const server = await fake();
    server.refuse(configMap, 500);
    const log = createEventLog();
    const { source, stop } = sourceOf(server.connection());
    await expect(source.watch([configMap], log.onEvent, stop.signal)).rejects.toMatchObject({ reason: 'unreachable' });
  });

  it('ends with the signal', async () => {
    const server = await fake();
    const log = createEventLog();
    const { source, stop } = sourceOf(server.connection());
    await source.watch([configMap], log.onEvent, stop.signal);
    await server.watching();
    stop.abort();
    await expect(source.watch([configMap], log.onEvent, stop.signal)).rejects.toBe(stop.signal.reason);
  });
});

/** A port on which `then` decides what happens. */
async function listen(then: (server: Server) => void): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  then(server);
  return port;
}
