import { type BasePorts, ConfigError, type Service } from '@kso/kit';
import { type ScheduledCommand, type SchedulerConfig, schedulesOf } from './config.ts';
import type { LastRuns } from './schedules/last-runs.ts';
import { makePlan, type Plan } from './schedules/plan.ts';
import { type CommandPort, lastPlanned, type RunnerMeters, runSchedule } from './schedules/runner.ts';

export { type ScheduledCommand, type SchedulerConfig, schedulerConfig, schedulesOf } from './config.ts';
export { type OperatorCommandsOptions, operatorCommands } from './operator-commands.ts';
export { type LastRuns, memoryLastRuns } from './schedules/last-runs.ts';
export type { CommandPort, SubmitResult } from './schedules/runner.ts';
export { sqliteLastRuns } from './schedules/sqlite-last-runs.ts';

export interface SchedulerPorts extends BasePorts {
  readonly lastRuns: LastRuns;
  readonly commands: CommandPort;
  /** Name or UID of the cluster: decides how far its runs are spread. */
  readonly cluster: string;
}

export interface Scheduler extends Service {
  /** Beginnings of the next runs of each schedule, epoch ms. */
  upcoming(count: number): { readonly schedule: string; readonly runs: readonly number[] }[];
}

/**
 * Runs recurring commands inside of a process: each planned run is handed to the operator once, also over restarts; runs that were missed
 * while no process ran are made up for by one. Time zones and clock changes as `@kso/domain`'s schedules have them (B38).
 * @throws ConfigError naming every schedule that is wrong or never comes
 */
export function createScheduler(config: SchedulerConfig, ports: SchedulerPorts): Scheduler {
  const schedules = plan(schedulesOf(config), ports.cluster);
  const meters = createMeters(ports);
  const stopping = new AbortController();
  let runners: Promise<void>[] | undefined;

  return {
    name: 'scheduler',
    start: () =>
      Promise.try(() => {
        runners ??= schedules.map(({ schedule, plan }) => {
          const options = {
            schedule,
            plan,
            last: lastPlanned(ports.lastRuns, plan.name, ports.clock.now()),
            lastRuns: ports.lastRuns,
            commands: ports.commands,
            backoff: { baseMs: config.backoffMin, maxMs: config.backoffMax },
            signal: stopping.signal,
          };
          return runSchedule(options, meters, ports);
        });
      }),
    stop: async () => {
      stopping.abort();
      await Promise.all(runners ?? []);
    },
    upcoming: (count) =>
      schedules.map(({ plan }) => ({ schedule: plan.name, runs: plan.upcoming(ports.clock.now(), count) })),
  };
}

function plan(schedules: readonly ScheduledCommand[], cluster: string): { schedule: ScheduledCommand; plan: Plan }[] {
  const problems: string[] = [];
  const names = new Set<string>();
  const plans = schedules.flatMap((schedule) => {
    if (names.has(schedule.name)) problems.push(`schedule ${schedule.name}: there are two of that name`);
    names.add(schedule.name);
    const made = makePlan(schedule, cluster);
    if (made.ok) return [{ schedule, plan: made.plan }];
    problems.push(made.problem);
    return [];
  });
  if (problems.length > 0) throw new ConfigError('scheduler', problems);
  return plans;
}

function createMeters({ metrics }: BasePorts): RunnerMeters {
  return {
    runs: metrics.counter({
      name: 'kso_scheduler_runs_total',
      help: 'Scheduled runs by what became of them.',
      labelNames: ['schedule', 'outcome'],
    }),
    next: metrics.gauge({
      name: 'kso_scheduler_next_run_timestamp_seconds',
      help: 'When the next run begins.',
      labelNames: ['schedule'],
    }),
  };
}
