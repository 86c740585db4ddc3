import { parseSchedule } from '@kso/domain';
import type { Clock } from '@kso/kit';
import type { Plan, ScheduleView } from '../commands/plan.ts';

const told = 5;

export function scheduleView(
  { name, cron, timeZone }: { readonly name: string; readonly cron: string; readonly timeZone: string },
  clock: Clock,
): ScheduleView {
  const parsed = parseSchedule(cron, timeZone);
  const runs = parsed.ok ? parsed.schedule.nextRuns(told, new Date(clock.now())) : [];
  return { name, cron, timeZone, nextRuns: runs.map((run) => run.toISOString()) };
}

/** What can be said of the schedules of a command before it is carried out; those that keep their template's time come later. */
export function announcedSchedules(
  plan: Plan,
  defaultTimeZone: string,
  clock: Clock,
): { readonly schedules?: readonly ScheduleView[] } {
  if (plan.type !== 'schedule' || plan.schedule.action === 'delete') return {};
  const { schedule } = plan;
  const asked = schedule.action === 'set' ? schedule.schedules : [schedule.change];
  const views = asked.flatMap(({ name, cron, timeZone }) =>
    cron === undefined ? [] : [scheduleView({ name, cron, timeZone: timeZone ?? defaultTimeZone }, clock)],
  );
  return views.length === 0 ? {} : { schedules: views };
}
