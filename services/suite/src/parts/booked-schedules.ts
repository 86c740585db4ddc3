import { errorFactory } from '@kso/kit';
import { operatorErrors, type ScheduleStore } from '@kso/operator';
import type { BookedSchedule, ScheduleBook } from '@kso/scheduler';
import type { JsonObject, JsonValue } from '@kso/wire';

const fail = errorFactory(operatorErrors);

/** Recurring scans of this process, for the operator's commands about them: what CronJobs are in a cluster. */
export function bookedSchedules(book: ScheduleBook, defaultCron: string): ScheduleStore {
  const find = (kind: string, name: string): BookedSchedule => {
    const found = book.get(name);
    if (found?.kind !== kind) throw fail('SCHEDULE_UNKNOWN', { name });
    return found;
  };
  return {
    create: async ({ kind, name, cron, timeZone, body }) => {
      const known = book.get(name);
      const schedule = known ?? { name, kind, cron: cron ?? defaultCron, timeZone, command: commandOf(body) };
      if (known === undefined) book.put(schedule);
      return { name, kind, cron: schedule.cron, timeZone: schedule.timeZone };
    },
    update: async ({ kind, name, cron, timeZone, body }) => {
      const changed = {
        ...find(kind, name),
        ...(cron === undefined ? {} : { cron }),
        ...(timeZone === undefined ? {} : { timeZone }),
        ...(body === undefined ? {} : { command: commandOf(body) }),
      };
      book.put(changed);
      return { name, kind, cron: changed.cron, timeZone: changed.timeZone };
    },
    delete: async ({ kind, name }) => {
      find(kind, name);
      book.delete(name);
    },
  };
}

/** A schedule's body holds one command. */
function commandOf(body: Readonly<Record<string, JsonValue>>): JsonObject {
  const [command] = Array.isArray(body['commands']) ? body['commands'] : [];
  return (command ?? {}) as JsonObject;
}
