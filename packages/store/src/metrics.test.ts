import { createMetrics } from '@kso/kit';
import { expect, it } from 'vitest';
import { entry } from './conformance.ts';
import { createMemoryStore } from './memory/store.ts';
import { observeOutbox } from './metrics.ts';

it('shows every outbox of the process until it is no longer observed', async () => {
  const metrics = createMetrics();
  const clock = { now: () => 61_000, sleep: () => Promise.resolve() };
  const first = createMemoryStore({ clock: { ...clock, now: () => 1_000 } });
  const second = createMemoryStore();
  const stop = observeOutbox(first.outbox, { service: 'kubevuln', metrics, clock });
  observeOutbox(second.outbox, { service: 'operator', metrics, clock });
  first.outbox.put([entry('a', { body: '12345' }), entry('b', { body: '1' })]);
  first.outbox.undeliverable(2, 'HTTP 400');

  const text = await metrics.registry.metrics();
  expect(text).toContain('kso_outbox_entries{service="kubevuln",state="queued"} 1');
  expect(text).toContain('kso_outbox_entries{service="kubevuln",state="undeliverable"} 1');
  expect(text).toContain('kso_outbox_bytes{service="kubevuln"} 5');
  expect(text).toContain('kso_outbox_oldest_age_seconds{service="kubevuln"} 60');
  expect(text).toContain('kso_outbox_oldest_age_seconds{service="operator"} 0');

  stop();
  expect(await metrics.registry.metrics()).not.toContain('kubevuln');
});
