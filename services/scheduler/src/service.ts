import { type BasePorts, ConfigError, type Service } from '@kso/kit';
import { type ScheduledCommand, type SchedulerConfig, schedulesOf } from './config.ts';
import type { LastRuns } from './schedules/last-runs.ts';
import { makePlan, type Plan } from './schedules/plan.ts';
import { type CommandPort, lastPlanned, type RunnerMeters, runSchedule } from './schedules/runner.ts';
import type { BookedSchedule, ScheduleBook } from './schedules/schedule-book.ts';

export { type ScheduledCommand, type SchedulerConfig, schedulerConfig, schedulesOf } from './config.ts';
export { type OperatorCommandsOptions, operatorCommands } from './operator-commands.ts';
export { type LastRuns, memoryLastRuns } from './schedules/last-runs.ts';
export type { CommandPort, SubmitResult } from './schedules/runner.ts';
export { type BookedSchedule, type ScheduleBook, sqliteScheduleBook } from './schedules/schedule-book.ts';
export { sqliteLastRuns } from './schedules/sqlite-last-runs.ts';

export interface SchedulerPorts extends BasePorts {
  readonly lastRuns: LastRuns;
  readonly commands: CommandPort;
  /** Schedules that come and go while the process runs; without it there are those of the configuration only. */
  readonly book?: ScheduleBook;
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
  const fixed = plan(schedulesOf(config), ports.cluster);
  const meters = createMeters(ports);
  const stopping = new AbortController();
  const running = new Map<string, Running>();
  const changing = new Map<string, Promise<void>>();
  let stopListening: (() => void) | undefined;

  const run = ({ schedule, plan }: Planned) => {
    const own = new AbortController();
    const options = {
      schedule,
      plan,
      last: lastPlanned(ports.lastRuns, plan.name, ports.clock.now()),
      lastRuns: ports.lastRuns,
      commands: ports.commands,
      backoff: { baseMs: config.backoffMin, maxMs: config.backoffMax },
      signal: AbortSignal.any([stopping.signal, own.signal]),
    };
    running.set(plan.name, { plan, stop: own, done: runSchedule(options, meters, ports) });
  };
  const begin = (name: string, booked: BookedSchedule | undefined) => {
    if (stopping.signal.aborted) return;
    if (booked === undefined) {
      ports.lastRuns.delete(name);
      return;
    }
    const made = makePlan({ ...booked, spread: 0 }, ports.cluster);
    // Whoever books looks at it first; one that is wrong all the same stops no other.
    if (made.ok) run({ schedule: { ...booked, spread: 0 }, plan: made.plan });
    else ports.logger.error({ schedule: name, problem: made.problem }, 'a schedule cannot run');
  };
  /** What ran of it ends before it begins anew. */
  const replace = async (name: string, earlier: Promise<void> | undefined): Promise<void> => {
    await earlier;
    const former = running.get(name);
    former?.stop.abort();
    await former?.done;
    running.delete(name);
    meters.next.remove({ schedule: name });
    meters.lag.remove({ schedule: name });
    begin(name, ports.book?.get(name));
  };
  /** A schedule of the book is new, has changed, or is gone. */
  const changed = (name: string) => void changing.set(name, replace(name, changing.get(name)));

  return {
    name: 'scheduler',
    start: () =>
      Promise.try(() => {
        for (const each of fixed) run(each);
        for (const { name } of ports.book?.list() ?? []) changed(name);
        stopListening = ports.book?.onChange(changed);
      }),
    stop: async () => {
      stopListening?.();
      stopping.abort();
      await Promise.all(changing.values());
      await Promise.all([...running.values()].map(({ done }) => done));
    },
    upcoming: (count) =>
      [...running.values()].map(({ plan }) => ({ schedule: plan.name, runs: plan.upcoming(ports.clock.now(), count) })),
  };
}

interface Planned {
  readonly schedule: ScheduledCommand;
  readonly plan: Plan;
}

interface Running {
  readonly plan: Plan;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

function plan(schedules: readonly ScheduledCommand[], cluster: string): Planned[] {
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
    lag: metrics.gauge({
      name: 'kso_scheduler_run_lag_seconds',
      help: 'How long after its time the last run was accepted.',
      labelNames: ['schedule'],
    }),
  };
}
