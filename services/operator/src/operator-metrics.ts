import type { Metrics } from '@kso/kit';
import type { NewImageMeters } from '@kso/new-images';
import type { JobState } from '@kso/queue';
import type { Receipt } from './commands/command-desk.ts';
import { isKnownCommand } from './commands/command-table.ts';
import type { CommandRecord } from './commands/plan.ts';

/** What the operator tells of its work; labels have few values whatever clients send. */
export interface OperatorMetrics {
  received(commandName: string, source: CommandRecord['source'], outcome: Receipt['outcome']): void;
  /** Commands that are taken and not carried out yet. */
  waiting(commands: number): void;
  /** The jobs of a command are queued. */
  fannedOut(commandName: string, size: { readonly jobs: number; readonly pods: number }, seconds: number): void;
  /** A command has ended; `failure`: one that never got jobs, or not all of them. */
  commandEnded(commandName: string, outcome: 'succeeded' | 'partial' | 'failed' | 'cancelled'): void;
  jobEnded(kind: string, state: JobState | 'notEvaluated'): void;
  readonly newImages: NewImageMeters;
  gatewayConnected(isConnected: boolean): void;
  notification(outcome: 'commands' | 'ignored' | 'malformed' | 'lost'): void;
}

export function operatorMetrics(metrics: Metrics): OperatorMetrics {
  const received = metrics.counter({
    name: 'kso_operator_commands_total',
    help: 'Commands received, by name, way and what became of them',
    labelNames: ['command', 'source', 'outcome'],
  });
  const waiting = metrics.gauge({
    name: 'kso_operator_commands_waiting',
    help: 'Commands that are taken and whose jobs are not all queued yet',
  });
  const ended = metrics.counter({
    name: 'kso_operator_commands_ended_total',
    help: 'Commands that have ended, by name and how',
    labelNames: ['command', 'outcome'],
  });
  const jobs = metrics.counter({
    name: 'kso_operator_jobs_ended_total',
    help: "Ends of commands' jobs, by kind and how",
    labelNames: ['kind', 'state'],
  });
  const fanOutJobs = metrics.histogram({
    name: 'kso_operator_fan_out_jobs',
    help: 'Jobs of a command',
    labelNames: ['command'],
    buckets: [0, 1, 10, 100, 1000, 10_000],
  });
  const fanOutPods = metrics.histogram({
    name: 'kso_operator_fan_out_pods',
    help: 'Pods that a command found something to scan in',
    labelNames: ['command'],
    buckets: [0, 1, 10, 100, 1000, 10_000],
  });
  const fanOutSeconds = metrics.histogram({
    name: 'kso_operator_fan_out_duration_seconds',
    help: 'Time to queue the jobs of a command',
    labelNames: ['command'],
    buckets: [0.01, 0.1, 1, 10, 60, 600],
  });
  const triggers = metrics.counter({
    name: 'kso_operator_new_image_triggers_total',
    help: 'Requests for scans of new images, by what became of them',
    labelNames: ['result'],
  });
  const pendingImages = metrics.gauge({
    name: 'kso_operator_new_images_pending',
    help: 'Workloads whose new images are still to be asked for',
  });
  const invalidImages = metrics.counter({
    name: 'kso_operator_invalid_images_total',
    help: 'Containers whose image is no image reference',
  });
  const connected = metrics.gauge({ name: 'kso_operator_gateway_connected', help: '1 while the gateway is connected' });
  const notifications = metrics.counter({
    name: 'kso_operator_gateway_notifications_total',
    help: 'Notifications of the gateway, by what became of them',
    labelNames: ['outcome'],
  });
  return {
    received: (name, source, outcome) => received.inc({ command: labelOf(name), source, outcome }),
    waiting: (commands) => waiting.set(commands),
    fannedOut(name, size, seconds) {
      const command = labelOf(name);
      fanOutJobs.observe({ command }, size.jobs);
      fanOutPods.observe({ command }, size.pods);
      fanOutSeconds.observe({ command }, seconds);
    },
    commandEnded: (name, outcome) => ended.inc({ command: labelOf(name), outcome }),
    jobEnded: (kind, state) => jobs.inc({ kind, state }),
    newImages: {
      trigger: (result) => triggers.inc({ result }),
      pending: (workloads) => pendingImages.set(workloads),
      invalidImage: () => invalidImages.inc(),
    },
    gatewayConnected: (isConnected) => connected.set(isConnected ? 1 : 0),
    notification: (outcome) => notifications.inc({ outcome }),
  };
}

/** A client may send any name. */
function labelOf(commandName: string): string {
  return isKnownCommand(commandName) ? commandName : 'other';
}
