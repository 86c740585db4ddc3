import { join } from 'node:path';
import { createHttpClient, readOutgoing } from '@kso/kit';
import {
  createScheduler,
  operatorCommands,
  type ScheduleBook,
  type Scheduler,
  schedulerConfig,
  sqliteLastRuns,
} from '@kso/scheduler';
import { type Context, portsOf } from './context.ts';

export interface SchedulerOptions {
  readonly operatorUrl: string;
  /** What commands have asked for. */
  readonly book: ScheduleBook;
  readonly env: NodeJS.ProcessEnv;
}

/** Recurring scans, which CronJobs do in a cluster. They go the same way: one request to the operator. */
export function startScheduler(context: Context, { operatorUrl, book, env }: SchedulerOptions): Promise<Scheduler> {
  const { config, folders, stack } = context;
  const { enabled, cron } = config.schedule;
  const ports = portsOf(context, 'scheduler');
  const lastRuns = sqliteLastRuns(join(folders.target, 'schedules.db'));
  stack.onUnwind(() => lastRuns.close());
  const http = createHttpClient({ outgoing: readOutgoing(env) });
  stack.onUnwind(() => http.close());
  const settings = schedulerConfig.schema.parse({ enabled, posture: { cron } });
  const commands = operatorCommands({ url: operatorUrl, http }, ports);
  return stack.start(createScheduler(settings, { ...ports, lastRuns, commands, book, cluster: config.clusterName }));
}
