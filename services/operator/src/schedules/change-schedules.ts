import { KsoError } from '@kso/kit';
import type { FanOutNote } from '../commands/plan.ts';
import { fail } from '../errors.ts';
import type { OperatorPorts } from '../ports.ts';
import type { ScheduleAction } from './read-schedule.ts';
import type { ScheduleSpec, ScheduleStore, StoredSchedule } from './schedule.ts';
import { scheduleView } from './schedule-view.ts';

/**
 * Carries out a command about recurring scans. May be done again after an interruption: names follow from the command's id.
 * @throws what may be better later, such as an API server that does not answer
 */
export async function changeSchedules(
  action: ScheduleAction,
  { schedules, clock }: Pick<OperatorPorts, 'schedules' | 'clock'>,
): Promise<Partial<FanOutNote>> {
  try {
    if (schedules === undefined) throw fail('SCHEDULES_UNAVAILABLE');
    const stored = await change(action, schedules);
    return stored.length === 0 ? {} : { schedules: stored.map((each) => scheduleView(each, clock)) };
  } catch (error) {
    if (!isLasting(error)) throw error;
    return { failure: { code: error.code, message: error.message } };
  }
}

async function change(action: ScheduleAction, schedules: ScheduleStore): Promise<StoredSchedule[]> {
  switch (action.action) {
    case 'set':
      return setAll(action.schedules, schedules);
    case 'update':
      return [await schedules.update(action.change)];
    default:
      await schedules.delete(action);
      return [];
  }
}

/** All or none: a command that failed leaves no schedule that nobody knows of. */
async function setAll(specs: readonly ScheduleSpec[], schedules: ScheduleStore): Promise<StoredSchedule[]> {
  const made: StoredSchedule[] = [];
  try {
    for (const spec of specs) made.push(await schedules.create(spec));
    return made;
  } catch (error) {
    // One that will be tried again finds what it has made.
    if (isLasting(error)) for (const each of made) await schedules.delete(each);
    throw error;
  }
}

function isLasting(error: unknown): error is KsoError {
  return error instanceof KsoError && !error.retryable;
}
