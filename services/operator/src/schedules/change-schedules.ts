import { KsoError } from '@kso/kit';
import type { FanOutNote } from '../commands/plan.ts';
import { fail } from '../errors.ts';
import type { OperatorPorts } from '../ports.ts';
import { moveLogin } from '../registries/command-login.ts';
import type { ScheduleAction } from './read-schedule.ts';
import type { ScheduleSpec, ScheduleStore, StoredSchedule } from './schedule.ts';
import { scheduleView } from './schedule-view.ts';

/**
 * Carries out a command about recurring scans. May be done again after an interruption: names follow from the command's id.
 * @throws what may be better later, such as an API server that does not answer
 */
export async function changeSchedules(
  action: ScheduleAction,
  { schedules, registries, clock, logger }: Pick<OperatorPorts, 'schedules' | 'registries' | 'clock' | 'logger'>,
): Promise<Partial<FanOutNote>> {
  const removeLogins = async (): Promise<void> => {
    for (const name of loginsOf(action))
      await registries?.store
        ?.removeAuth(name)
        .catch((error: unknown) => logger.error({ err: error, secret: name }, 'the login of a registry stays'));
  };
  try {
    if (schedules === undefined) throw fail('SCHEDULES_UNAVAILABLE');
    const stored = await change(action, schedules);
    if (action.action === 'delete') await removeLogins();
    if (action.action === 'update' && action.temporarySecret !== undefined)
      await moveLogin({ from: action.temporarySecret, to: action.change.name }, registries?.store);
    return stored.length === 0 ? {} : { schedules: stored.map((each) => scheduleView(each, clock)) };
  } catch (error) {
    if (!isLasting(error)) throw error;
    if (action.action === 'set') await removeLogins();
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

/** Secrets of recurring scans of registries, which have the names of their schedules. */
function loginsOf(action: ScheduleAction): readonly string[] {
  if (action.action === 'set')
    return action.schedules.filter(({ kind }) => kind === 'registry').map(({ name }) => name);
  return action.action === 'delete' && action.kind === 'registry' ? [action.name] : [];
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
