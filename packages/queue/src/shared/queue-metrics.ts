import type { Clock, Metrics } from '@kso/kit';
import type { JobRecord, QueueCounts } from '../port.ts';
import type { Outcome } from './attempt.ts';

export interface QueueGauges extends QueueCounts {
  /** How long the job that waits longest has waited, in ms; 0 when none waits. */
  readonly oldestWaitMs: number;
}

/** What both adapters tell about their jobs, by kind. */
export interface QueueMetrics {
  gauges(kind: string, values: QueueGauges): void;
  /** An attempt is over; `seconds` since it began. */
  attempt(record: JobRecord, outcome: Outcome['type'], seconds: number): void;
  /** A job ended without being run: expired, cancelled while it waited, stalled too often. */
  endedUnrun(kind: string, state: string): void;
  stalled(kind: string): void;
  announced(ok: boolean): void;
}

export function queueMetrics(metrics: Metrics, clock: Clock): QueueMetrics {
  const jobs = metrics.gauge({ name: 'kso_queue_jobs', help: 'Jobs by state', labelNames: ['kind', 'state'] });
  const oldest = metrics.gauge({
    name: 'kso_queue_oldest_waiting_seconds',
    help: 'Age of the job that waits longest',
    labelNames: ['kind'],
  });
  const outcomes = metrics.counter({
    name: 'kso_queue_attempts_total',
    help: 'Attempts that are over, by outcome',
    labelNames: ['kind', 'outcome'],
  });
  const durations = metrics.histogram({
    name: 'kso_queue_attempt_duration_seconds',
    help: 'Time from the begin of an attempt to its outcome',
    labelNames: ['kind', 'outcome'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900],
  });
  const jobDurations = metrics.histogram({
    name: 'kso_queue_job_duration_seconds',
    help: 'Time from when a job was added to its end, with waits and retries',
    labelNames: ['kind', 'state'],
    buckets: [0.1, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400],
  });
  const unrun = metrics.counter({
    name: 'kso_queue_ended_unrun_total',
    help: 'Jobs that ended without an attempt of their own',
    labelNames: ['kind', 'state'],
  });
  const stalls = metrics.counter({
    name: 'kso_queue_stalled_total',
    help: 'Jobs taken back from a worker that died or went silent',
    labelNames: ['kind'],
  });
  const announcements = metrics.counter({
    name: 'kso_queue_announcements_total',
    help: "Children's ends told to their parents' owner, by whether it acknowledged them",
    labelNames: ['acknowledged'],
  });
  return {
    gauges(kind, values) {
      jobs.set({ kind, state: 'waiting' }, values.waiting);
      jobs.set({ kind, state: 'delayed' }, values.delayed);
      jobs.set({ kind, state: 'active' }, values.active);
      oldest.set({ kind }, values.oldestWaitMs / 1000);
    },
    attempt({ kind, addedAt }, outcome, seconds) {
      outcomes.inc({ kind, outcome });
      durations.observe({ kind, outcome }, seconds);
      if (outcome === 'succeeded' || outcome === 'failed' || outcome === 'cancelled')
        jobDurations.observe({ kind, state: outcome }, (clock.now() - addedAt) / 1000);
    },
    endedUnrun: (kind, state) => unrun.inc({ kind, state }),
    stalled: (kind) => stalls.inc({ kind }),
    announced: (ok) => announcements.inc({ acknowledged: String(ok) }),
  };
}
