import { expect, it } from 'vitest';
import { testJob } from '../conformance/harness.ts';
import { testPorts } from '../conformance/test-ports.ts';
import type { JobRecord } from '../port.ts';
import { queueMetrics } from './queue-metrics.ts';

const addedAt = 1_000_000;
const job: JobRecord = { ...testJob({ kind: 'test' }), state: 'active', attemptsMade: 0, addedAt };

it('counts each attempt, and the time of a job from its begin in the queue once, when it has ended', async () => {
  const ports = testPorts({ clock: { now: () => addedAt + 90_000, sleep: () => Promise.resolve() } });
  const meters = queueMetrics(ports.metrics, ports.clock);
  meters.attempt(job, 'retry', 1);
  meters.attempt(job, 'released', 1);
  meters.attempt(job, 'lost', 1);
  const before = await ports.metrics.registry.metrics();
  expect(before).toContain('kso_queue_attempts_total{kind="test",outcome="retry"} 1');
  expect(before).not.toContain('kso_queue_job_duration_seconds_count{');

  meters.attempt(job, 'failed', 1);
  const after = await ports.metrics.registry.metrics();
  expect(after).toContain('kso_queue_job_duration_seconds_sum{kind="test",state="failed"} 90');
});
