import { createLogger, createMetrics } from '@kso/kit';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Resolved } from '../api/discovery.ts';
import { createEventLog, createManualClock } from '../testing/index.ts';
import { runReflector } from './reflector.ts';
import { reflectorMetrics } from './reflector-metrics.ts';
import { aPod, createScriptedApi, page, pods } from './scripted-api.ts';
import { defaultReflectorSettings, type ReflectorSettings } from './settings.ts';

const kind = { group: '', kind: 'Pod' };
const minute = 60_000;

function start(settings: Partial<ReflectorSettings> = {}, random: () => number = Math.random) {
  const clock = createManualClock();
  const api = createScriptedApi();
  const log = createEventLog();
  const metrics = createMetrics();
  const stop = new AbortController();
  let resolved: Resolved = { outcome: 'served', resource: pods };
  let onEvent = log.onEvent;
  const begin = () => {
    const ports = {
      clock,
      random,
      resources: api,
      discovery: { resolve: async () => resolved, forget: () => {} },
      logger: createLogger({ service: 'test', level: 'silent' }),
      metrics: reflectorMetrics(metrics, clock, kind),
      inTurn: <T>(list: () => Promise<T>) => list(),
    };
    const options = {
      kind,
      settings: { ...defaultReflectorSettings, ...settings },
      onEvent: (event: Parameters<typeof onEvent>[0]) => onEvent(event),
      signal: stop.signal,
    };
    const done = runReflector(ports, options);
    onTestFinished(async () => {
      stop.abort();
      await done;
    });
  };
  return {
    clock,
    api,
    log,
    stop,
    begin,
    watch: () => {
      const watch = api.watches.at(-1);
      if (watch === undefined) throw new Error('there is no watch');
      return watch;
    },
    resolveTo: (next: Resolved) => {
      resolved = next;
    },
    consumeWith: (consumer: typeof onEvent) => {
      onEvent = consumer;
    },
    metric: async (name: string) => (await metrics.registry.getSingleMetric(name)?.get())?.values,
  };
}

describe('a reflector', () => {
  it('lists in pages, then follows the watch from where the list stood', async () => {
    const { api, log, clock, begin, watch } = start();
    api.onList = ({ continueToken }) =>
      continueToken === undefined ? page([aPod('a', '1')], '10', 'next') : page([aPod('b', '2')], '10');
    begin();
    await clock.advance(0);
    expect(log.lines()).toEqual(['added shop/a', 'added shop/b', 'synced Pod']);
    expect(api.lists.map(({ continueToken }) => continueToken)).toEqual([undefined, 'next']);
    expect(watch().options.resourceVersion).toBe('10');

    log.clear();
    watch().send(
      { type: 'modified', object: aPod('a', '11') },
      { type: 'added', object: aPod('c', '12') },
      { type: 'deleted', object: aPod('b', '13') },
    );
    await clock.advance(0);
    expect(log.lines()).toEqual(['modified shop/a', 'added shop/c', 'deleted shop/b']);
  });

  it('goes on from the last bookmark when the server ends the watch', async () => {
    const { api, clock, begin, watch } = start();
    begin();
    await clock.advance(0);
    watch().send({ type: 'bookmark', resourceVersion: '42' });
    watch().end();
    await clock.advance(2_000);
    expect(api.watches).toHaveLength(2);
    expect(watch().options.resourceVersion).toBe('42');
    expect(api.lists).toHaveLength(1);
  });

  it('lists again after 410 and emits the difference only', async () => {
    const { api, log, clock, begin, watch } = start();
    api.onList = () => page([aPod('a', '1'), aPod('b', '2'), aPod('c', '3')]);
    begin();
    await clock.advance(0);
    log.clear();
    api.onList = () => page([aPod('a', '1'), aPod('b', '20'), aPod('d', '30')], '40');
    watch().send({ type: 'refused', refusal: { outcome: 'expired', detail: 'too old resource version' } });
    await clock.advance(0);
    expect(log.lines()).toEqual(['modified shop/b', 'added shop/d', 'deleted shop/c', 'synced Pod']);
    expect(watch().options.resourceVersion).toBe('40');
  });

  it('does not list in a loop when the server answers 410 each time', async () => {
    const { api, clock, begin } = start();
    api.onWatch = () => ({ outcome: 'expired', detail: 'too old' });
    begin();
    await clock.advance(minute);
    expect(api.lists.length).toBeGreaterThan(3);
    expect(api.lists.length).toBeLessThan(60);
  });

  it('B15 begins anew when the continue token expires, with larger pages, and emits nothing twice', async () => {
    const { api, log, clock, begin } = start({ pageSize: 1 });
    let expiredOnce = false;
    api.onList = ({ continueToken }) => {
      if (continueToken === undefined) return page([aPod('a', '1')], '10', 'next');
      if (expiredOnce) return page([aPod('b', '2')], '10');
      expiredOnce = true;
      return { outcome: 'expired', detail: 'The provided continue parameter is too old' };
    };
    begin();
    await clock.advance(0);
    expect(log.lines()).toEqual(['added shop/a', 'added shop/b', 'synced Pod']);
    expect(api.lists.map(({ limit }) => limit)).toEqual([1, 1, 2, 2]);
  });

  it('asks for smaller pages when one is too large', async () => {
    const { api, log, clock, begin } = start({ pageSize: 500 });
    api.onList = ({ limit }) => (limit > 50 ? { outcome: 'tooLarge', detail: 'large' } : page([aPod('a', '1')]));
    begin();
    await clock.advance(0);
    expect(api.lists.map(({ limit }) => limit)).toEqual([500, 125, 31]);
    expect(log.lines().at(-1)).toBe('synced Pod');
  });

  it('B34 asks at most once a second when every watch is closed at once, and does not list again for it', async () => {
    const { api, clock, begin, watch, log } = start();
    begin();
    await clock.advance(0);
    const end = clock.now() + minute;
    for (let ended = 0; clock.now() < end; ended += 1) {
      while (api.watches.length === ended) await clock.advance(50);
      await clock.advance(50);
      watch().end();
    }
    expect(api.watches.length).toBeGreaterThan(5);
    expect(api.watches.length).toBeLessThanOrEqual(60);
    expect(api.lists).toHaveLength(1);
    expect(log.lines()).toEqual(['synced Pod']);
  });

  it('B34 forgets earlier failures only after a healthy period', async () => {
    // With random() at its upper end the waits are what the exponential says.
    const { api, clock, begin, watch } = start({ backoff: { baseMs: 1000, maxMs: 8000 } }, () => 0.999);
    begin();
    await clock.advance(0);
    const waitAfterEnd = async () => {
      const before = api.watches.length;
      const from = clock.now();
      watch().end();
      while (api.watches.length === before) await clock.advance(100);
      return clock.now() - from;
    };
    expect(await waitAfterEnd()).toBe(1000);
    expect(await waitAfterEnd()).toBe(2000);
    expect(await waitAfterEnd()).toBe(4000);
    await clock.advance(59_000);
    expect(await waitAfterEnd()).toBe(8000);
    await clock.advance(61_000);
    expect(await waitAfterEnd()).toBe(1000);
  });

  it('B34 ten reflectors do not come back together', async () => {
    const waits = new Set<number>();
    for (let index = 0; index < 10; index += 1) {
      const { api, clock, begin, watch } = start();
      begin();
      await clock.advance(0);
      const from = clock.now();
      watch().end();
      while (api.watches.length === 1) await clock.advance(10);
      waits.add(clock.now() - from);
    }
    expect(waits.size).toBeGreaterThan(5);
  });

  it('B34 gives a silent watch up and opens another where it stood', async () => {
    const { api, clock, begin, watch, metric } = start({ livenessMs: 90_000, backoff: { baseMs: 1000, maxMs: 1000 } });
    begin();
    await clock.advance(0);
    await clock.advance(80_000);
    watch().send({ type: 'bookmark', resourceVersion: '77' });
    await clock.advance(80_000);
    expect(api.watches).toHaveLength(1);
    await clock.advance(11_000);
    await clock.advance(1_000);
    expect(api.watches).toHaveLength(2);
    expect(watch().options.resourceVersion).toBe('77');
    expect(await metric('kso_kube_watch_reconnects_total')).toMatchObject([{ labels: { reason: 'silent' }, value: 1 }]);
  });

  it('says once that a kind is forbidden, tries it slowly, and recovers', async () => {
    const { api, log, clock, begin } = start({ slowRetryMs: 5 * minute });
    api.onList = () => ({ outcome: 'forbidden', detail: 'pods is forbidden' });
    begin();
    await clock.advance(30 * minute);
    expect(log.lines()).toEqual(['failed Pod forbidden']);
    expect(log.events[0]).toMatchObject({ detail: 'pods is forbidden' });
    expect(api.lists.length).toBeLessThanOrEqual(13);
    api.onList = () => page([aPod('a', '1')]);
    await clock.advance(10 * minute);
    expect(log.lines()).toEqual(['failed Pod forbidden', 'added shop/a', 'synced Pod']);
  });

  it('is back in seconds after an API server that has just started and knows no rights yet', async () => {
    const { api, log, clock, begin } = start();
    let refusals = 2;
    api.onList = () => ((refusals -= 1) >= 0 ? { outcome: 'forbidden', detail: 'not yet' } : page([]));
    begin();
    await clock.advance(8000);
    expect(log.lines()).toEqual(['failed Pod forbidden', 'synced Pod']);
    refusals = 2;
    api.onWatch = () => ((refusals -= 1) >= 0 ? { outcome: 'forbidden', detail: 'not yet' } : undefined);
    api.watches.at(-1)?.break(new Error('socket hang up'));
    await clock.advance(30_000);
    expect(api.watches).toHaveLength(2);
    expect(log.lines()).toHaveLength(2);
  });

  it('says that a kind is not served any more, and that its objects have gone', async () => {
    const { api, log, clock, begin, watch, resolveTo } = start();
    api.onList = () => page([aPod('a', '1')]);
    begin();
    await clock.advance(0);
    log.clear();
    api.onList = () => ({ outcome: 'notFound', detail: 'the server could not find the requested resource' });
    watch().send({ type: 'refused', refusal: { outcome: 'expired', detail: '' } });
    await clock.advance(0);
    expect(log.lines()).toEqual(['deleted shop/a', 'failed Pod notServed']);
    resolveTo({ outcome: 'notServed', detail: 'Pod is not served' });
    await clock.advance(10 * minute);
    expect(log.lines()).toHaveLength(2);
  });

  it('waits as long as a busy server asks for', async () => {
    const { api, clock, begin } = start({ backoff: { baseMs: 1000, maxMs: 30_000 } });
    api.onList = () => ({ outcome: 'unavailable', detail: 'too many requests', retryAfterMs: 10_000 });
    begin();
    await clock.advance(9_999);
    expect(api.lists).toHaveLength(1);
    await clock.advance(2_502);
    expect(api.lists).toHaveLength(2);
  });

  it('lists again when the server keeps refusing the version (restored from a backup), and tells when it is away', async () => {
    const { api, log, clock, begin } = start({ backoff: { baseMs: 100, maxMs: 1000 } });
    api.onWatch = ({ resourceVersion }) =>
      resourceVersion === '10' ? { outcome: 'unavailable', detail: 'Too large resource version' } : undefined;
    begin();
    await clock.advance(0);
    api.onList = () => page([], '3');
    await clock.advance(minute);
    expect(api.watches.at(-1)?.options.resourceVersion).toBe('3');

    log.clear();
    api.list = async () => {
      throw new Error('connect ECONNREFUSED');
    };
    api.onWatch = () => ({ outcome: 'unavailable', detail: 'away' });
    api.watches.at(-1)?.break(new Error('socket hang up'));
    await clock.advance(2 * minute);
    expect(log.lines()).toEqual(['failed Pod unreachable']);
  });

  it('lists again after something that is no event', async () => {
    const { api, log, clock, begin, watch } = start();
    begin();
    await clock.advance(0);
    log.clear();
    watch().send({ type: 'malformed', detail: 'a line is not JSON' });
    await clock.advance(2_000);
    expect(api.lists).toHaveLength(2);
    expect(log.lines()).toEqual(['synced Pod']);
  });

  it('goes on when a consumer throws', async () => {
    const { log, clock, begin, watch, consumeWith } = start();
    consumeWith((event) => {
      log.onEvent(event);
      throw new Error('a bug');
    });
    begin();
    await clock.advance(0);
    watch().send({ type: 'added', object: aPod('a', '11') }, { type: 'added', object: aPod('b', '12') });
    await clock.advance(0);
    expect(log.lines()).toEqual(['synced Pod', 'added shop/a', 'added shop/b']);
  });

  it('looks now and then at a kind that may be listed but not watched', async () => {
    const { api, log, clock, begin } = start({ slowRetryMs: minute });
    api.onWatch = () => ({ outcome: 'forbidden', detail: 'cannot watch' });
    begin();
    await clock.advance(0);
    api.onList = () => page([aPod('a', '1')]);
    await clock.advance(2 * minute);
    expect(log.lines().slice(0, 3)).toEqual(['synced Pod', 'added shop/a', 'synced Pod']);
    expect(api.lists.length).toBeLessThanOrEqual(5);
  });

  it('counts what it does', async () => {
    const { api, clock, begin, watch, metric } = start();
    api.onList = () => page([aPod('a', '1')]);
    begin();
    await clock.advance(0);
    await clock.advance(5_000);
    watch().send({ type: 'added', object: aPod('b', '11') });
    await clock.advance(0);
    expect(await metric('kso_kube_events_total')).toMatchObject([{ labels: { kind: 'Pod', type: 'added' }, value: 2 }]);
    expect(await metric('kso_kube_lists_total')).toMatchObject([{ labels: { reason: 'start' }, value: 1 }]);
    expect(await metric('kso_kube_objects')).toMatchObject([{ value: 2 }]);
    expect(await metric('kso_kube_last_activity_timestamp_seconds')).toMatchObject([{ value: clock.now() / 1000 }]);
  });
});
