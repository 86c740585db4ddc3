import { join } from 'node:path';
import { createHttpClient, readOutgoing } from '@kso/kit';
import { createScheduler, operatorCommands, type Scheduler, schedulerConfig, sqliteLastRuns } from '@kso/scheduler';
import { type Context, portsOf } from './context.ts';

/** The recurring scan, which a CronJob does in a cluster. It goes the same way: one request to the operator. */
export function startScheduler(context: Context, operatorUrl: string, env: NodeJS.ProcessEnv): Promise<Scheduler> {
  const { config, folders, stack } = context;
  const { enabled, cron } = config.schedule;
  const ports = portsOf(context, 'scheduler');
  const lastRuns = sqliteLastRuns(join(folders.target, 'schedules.db'));
  stack.onUnwind(() => lastRuns.close());
  const http = createHttpClient({ outgoing: readOutgoing(env) });
  stack.onUnwind(() => http.close());
  const settings = schedulerConfig.schema.parse({ enabled, posture: { cron } });
  const commands = operatorCommands({ url: operatorUrl, http }, ports);
  return stack.start(createScheduler(settings, { ...ports, lastRuns, commands, cluster: config.clusterName }));
}
