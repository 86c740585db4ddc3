import { parseSchedule, type Schedule, stableOffset } from '@kso/domain';

export interface ScheduleSettings {
  readonly name: string;
  readonly cron: string;
  /** IANA name. */
  readonly timeZone: string;
  /** Runs begin up to this much later, in ms, always the same for one cluster: clusters that share a schedule do not start together. */
  readonly spread: number;
}

/** When a schedule runs. Planned times are those of the cron expression; a run begins `offset` later. */
export interface Plan {
  readonly name: string;
  readonly offset: number;
  /** The planned time to handle now, or the next one to wait for. */
  next(lastPlanned: number, now: number): Due;
  /** Beginnings of the next runs, epoch ms. */
  upcoming(now: number, count: number): number[];
}

export interface Due {
  readonly plannedAt: number;
  /** `plannedAt` and the offset. In the past for a run that was missed. */
  readonly beginsAt: number;
}

export type PlanResult = { readonly ok: true; readonly plan: Plan } | { readonly ok: false; readonly problem: string };

export function makePlan(settings: ScheduleSettings, cluster: string): PlanResult {
  const parsed = parseSchedule(settings.cron, settings.timeZone);
  if (!parsed.ok) return { ok: false, problem: `schedule ${settings.name}: ${parsed.reason}` };
  const offset = settings.spread > 0 ? stableOffset(`${cluster}/${settings.name}`, settings.spread) : 0;
  const { schedule } = parsed;
  return {
    ok: true,
    plan: {
      name: settings.name,
      offset,
      next: (lastPlanned, now) => {
        const plannedAt =
          newestRun(schedule, lastPlanned, now - offset) ?? schedule.next(new Date(lastPlanned)).getTime();
        return { plannedAt, beginsAt: plannedAt + offset };
      },
      upcoming: (now, count) => {
        const runs = schedule.nextRuns(count, new Date(now - offset));
        return runs.map((run) => run.getTime() + offset);
      },
    },
  };
}

const hour = 3_600_000;
const windows = [hour, 24 * hour, 32 * 24 * hour, Number.POSITIVE_INFINITY];

/**
 * The newest run after `after` and not after `until`. After an outage it stands for all that were missed: scans describe the present,
 * the older ones would say the same. Looked for from the end, so that a month of missed minutes is not walked through.
 */
function newestRun(schedule: Schedule, after: number, until: number): number | undefined {
  for (const window of windows) {
    const start = Math.max(after, until - window);
    let run = schedule.next(new Date(start)).getTime();
    if (run > until && start > after) continue;
    if (run > until) return undefined;
    for (;;) {
      const following = schedule.next(new Date(run)).getTime();
      if (following > until) return run;
      run = following;
    }
  }
  return undefined;
}
