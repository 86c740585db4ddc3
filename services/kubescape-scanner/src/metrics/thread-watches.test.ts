import { createLogger, createMetrics } from '@kso/kit';
import { watchMetrics } from '@kso/kube';
import { expect, it } from 'vitest';
import { readWatches, showThreadWatches, type WatchSample } from './thread-watches.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const pods = { kind: 'Pod', type: 'added' };

/** A thread's registry, and the process that shows it. */
function setUp() {
  let thread = createMetrics();
  const process = createMetrics();
  let read: () => Promise<readonly WatchSample[]> = () => readWatches(thread);
  showThreadWatches(process, logger, () => read());
  return {
    inThread: () => watchMetrics(thread),
    inProcess: watchMetrics(process),
    restart: () => (thread = createMetrics()),
    lose: () => (read = () => Promise.reject(new Error('the thread has ended'))),
    scrape: () => process.registry.metrics(),
  };
}

it('a scrape shows what the watches of the thread have counted until then', async () => {
  const { inThread, scrape } = setUp();
  expect(await scrape()).toContain('# TYPE kso_kube_malformed_total counter');
  inThread().counters.events.inc(pods, 3);
  inThread().gauges.objects.set({ kind: 'Pod' }, 2);
  inThread().gauges.activity.set({ kind: 'Pod' }, 1000.5);
  expect(await scrape()).toContain('kso_kube_events_total{kind="Pod",type="added"} 3');
  inThread().counters.events.inc(pods);
  inThread().gauges.objects.set({ kind: 'Pod' }, 0);
  const text = await scrape();
  expect(text).toContain('kso_kube_events_total{kind="Pod",type="added"} 4');
  expect(text).toContain('kso_kube_objects{kind="Pod"} 0');
  expect(text).toContain('kso_kube_last_activity_timestamp_seconds{kind="Pod"} 1000.5');
});

it('adds to what others in the process count, and goes on when the thread begins anew', async () => {
  const { inThread, inProcess, restart, scrape } = setUp();
  inProcess.counters.events.inc(pods, 10);
  inThread().counters.events.inc(pods, 3);
  expect(await scrape()).toContain('kso_kube_events_total{kind="Pod",type="added"} 13');
  restart();
  inThread().counters.events.inc(pods, 2);
  expect(await scrape()).toContain('kso_kube_events_total{kind="Pod",type="added"} 15');
});

it('a scrape while the thread is away shows what was known', async () => {
  const { inThread, lose, scrape } = setUp();
  inThread().counters.lists.inc({ kind: 'Pod', reason: 'start' });
  await scrape();
  lose();
  expect(await scrape()).toContain('kso_kube_lists_total{kind="Pod",reason="start"} 1');
});
