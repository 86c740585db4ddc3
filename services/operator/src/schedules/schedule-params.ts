import { fieldsOf, isRecord, parseSchedule, type UnknownRecord } from '@kso/domain';
import type { Command } from '../commands/command.ts';
import { fail } from '../errors.ts';

export interface ScheduleSettings {
  /** For schedules whose command names none. */
  readonly timeZone: string;
}

export interface Params {
  readonly cron: string | undefined;
  readonly timeZone: string | undefined;
  readonly name: string | undefined;
}

/** The schedule from where senders of all generations put it (operator-gateway.md 4.4.3). `timeZone` is ours. */
export function readParams({ args, designators, commandName }: Command): Params {
  const [current, former] = [paramsIn(args['jobParams']), paramsIn(args['kubescapeJobParams'])];
  const text = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined);
  const attribute = designators[0]?.attributes['cronTabSchedule'];
  const name = text(current['name']) ?? text(former['name']);
  if (name !== undefined && !/^[a-z\d]([a-z\d.-]{0,251}[a-z\d])?$/.test(name))
    throw fail('SCHEDULE_INVALID', { problem: `${commandName}: the name of the schedule is malformed` });
  return {
    cron:
      text(current['cronTabSchedule']) ??
      text(former['cronTabSchedule']) ??
      text(args['cronTabSchedule']) ??
      text(attribute),
    timeZone: text(current['timeZone']),
    name,
  };
}

function paramsIn(value: unknown): UnknownRecord {
  return isRecord(value) ? fieldsOf(value, ['cronTabSchedule', 'name', 'timeZone']) : {};
}

/** What is malformed, never matches, or names no time zone is refused: the API server would take some of it. */
export function checked(cron: string, timeZone: string, commandName: string): string {
  const parsed = parseSchedule(cron, timeZone);
  if (!parsed.ok) throw fail('SCHEDULE_INVALID', { problem: `${commandName}: ${parsed.reason}` });
  return cron;
}

export function updated({ jobTracking }: Command): Record<string, string> {
  return { 'app.kubescape/update-job-id': jobTracking.jobID, 'armo.updatejobid': jobTracking.jobID };
}
