import { parseSchedule, parseWildWlid } from '@kso/domain';
import { z } from 'zod';
import type { Command } from '../commands/command.ts';
import { type Fields, fieldsOf, isObject } from '../commands/fields.ts';
import { readScanRequest } from '../commands/scan-request.ts';
import { readScope } from '../commands/scope.ts';
import { fail } from '../errors.ts';
import { ScheduleChange, ScheduleKind, ScheduleSpec } from './schedule.ts';
import { bodyOf, scopeOf } from './schedule-body.ts';
import { scheduleName } from './schedule-name.ts';

/** What a command about recurring scans asks for. */
export const ScheduleAction = z.discriminatedUnion('action', [
  z.object({ action: z.literal('set'), schedules: z.array(ScheduleSpec).min(1).max(100) }),
  z.object({ action: z.literal('update'), change: ScheduleChange }),
  z.object({ action: z.literal('delete'), kind: ScheduleKind, name: z.string() }),
]);
export type ScheduleAction = z.infer<typeof ScheduleAction>;

const commands: Readonly<Record<string, readonly [ScheduleAction['action'], ScheduleKind]>> = {
  setKubescapeCronJob: ['set', 'kubescape'],
  updateKubescapeCronJob: ['update', 'kubescape'],
  deleteKubescapeCronJob: ['delete', 'kubescape'],
  setVulnScanCronJob: ['set', 'kubevuln'],
  updateVulnScanCronJob: ['update', 'kubevuln'],
  deleteVulnScanCronJob: ['delete', 'kubevuln'],
};

export function isScheduleCommand(name: string): boolean {
  return Object.hasOwn(commands, name);
}

export interface ScheduleSettings {
  /** For schedules whose command names none. */
  readonly timeZone: string;
}

/** @throws SCHEDULE_INVALID and what the scan itself is refused with: a schedule that could never run is not made */
export function readScheduleAction(command: Command, jobId: string, settings: ScheduleSettings): ScheduleAction {
  const [action, kind] = commands[command.commandName] ?? [];
  if (action === undefined || kind === undefined) throw fail('COMMAND_UNKNOWN', { name: command.commandName });
  const params = readParams(command);
  if (action === 'set') return { action, schedules: schedulesOf(command, jobId, kind, params, settings) };
  const { commandName } = command;
  if (params.name === undefined) throw fail('SCHEDULE_INVALID', { problem: `${commandName}: jobName not found` });
  if (action === 'delete') return { action, kind, name: params.name };
  const { name, timeZone } = params;
  const cron = checked(required(params.cron, commandName), timeZone ?? settings.timeZone, commandName);
  return {
    action,
    change: { kind, name, cron, ...(timeZone === undefined ? {} : { timeZone }), annotations: updated(command) },
  };
}

interface Params {
  readonly cron: string | undefined;
  readonly timeZone: string | undefined;
  readonly name: string | undefined;
}

/** The schedule from where senders of all generations put it (operator-gateway.md 4.4.3). `timeZone` is ours. */
function readParams({ args, designators, commandName }: Command): Params {
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

function paramsIn(value: unknown): Fields {
  return isObject(value) ? fieldsOf(value, ['cronTabSchedule', 'name', 'timeZone']) : {};
}

function required(cron: string | undefined, commandName: string): string {
  if (cron === undefined) throw fail('SCHEDULE_INVALID', { problem: `${commandName}: CronTabSchedule not found` });
  return cron;
}

/** What is malformed, never matches, or names no time zone is refused: the API server would take some of it. */
function checked(cron: string, timeZone: string, commandName: string): string {
  const parsed = parseSchedule(cron, timeZone);
  if (!parsed.ok) throw fail('SCHEDULE_INVALID', { problem: `${commandName}: ${parsed.reason}` });
  return cron;
}

function schedulesOf(
  command: Command,
  jobId: string,
  kind: ScheduleKind,
  params: Params,
  settings: ScheduleSettings,
): ScheduleSpec[] {
  const timeZone = params.timeZone ?? settings.timeZone;
  return kind === 'kubescape'
    ? kubescapeSchedules(command, jobId, { ...params, timeZone })
    : [kubevulnSchedule(command, jobId, { ...params, timeZone })];
}

/** One for each target: a body with all of them would scan each n times. */
function kubescapeSchedules(
  command: Command,
  jobId: string,
  { cron, timeZone }: Params & { readonly timeZone: string },
): ScheduleSpec[] {
  const asked = readScanRequest(command.args, false);
  if ((asked.targetNames ?? []).length > 0 && asked.targetType === undefined)
    throw fail('SCHEDULE_INVALID', { problem: 'received targetNames but not target types' });
  if (cron !== undefined) checked(cron, timeZone, command.commandName);
  const { targetNames = [], targetType = 'Framework', ...rest } = asked;
  return [...new Set(targetNames)].map((name) => ({
    kind: 'kubescape' as const,
    name: scheduleName('kubescape', jobId, name),
    ...(cron === undefined ? {} : { cron }),
    timeZone,
    body: bodyOf({ commandName: 'kubescapeScan', args: { scanV1: { targetType, targetNames: [name], ...rest } } }),
    annotations: {
      'armo.jobid': command.jobTracking.jobID,
      [`armo.${targetType.toLowerCase()}`]: name,
      ...(rest.hostScanner === undefined ? {} : { 'armo.host-scanner': String(rest.hostScanner) }),
    },
  }));
}

function kubevulnSchedule(
  command: Command,
  jobId: string,
  { cron, timeZone }: Params & { readonly timeZone: string },
): ScheduleSpec {
  const { args, jobTracking, commandName } = command;
  const schedule = checked(required(cron, commandName), timeZone, commandName);
  readScope(command);
  const given = jobTracking.jobID;
  const namespace = namespaceOf(command);
  // Selectors are part of the scope; everything else in the arguments was about the schedule, or may be a login.
  const selectors = Object.fromEntries(
    ['labels', 'fieldSelector'].flatMap((key) => (key in args ? [[key, args[key]]] : [])),
  );
  return {
    kind: 'kubevuln',
    name: scheduleName('kubevuln', jobId),
    cron: schedule,
    timeZone,
    // Each run is a job of its own, below the command that made the schedule.
    body: bodyOf({ commandName: 'scan', ...scopeOf(command), parentAction: given, args: selectors }),
    annotations: {
      'armo.cloud/jobid': given,
      'app.kubescape/job-id': given,
      'armo.namespace': namespace,
      'app.kubescape/namespace': namespace,
    },
  };
}

function namespaceOf({ wildWlid, designators }: Command): string {
  if (wildWlid !== '') return parseWildWlid(wildWlid)?.namespace ?? '';
  return designators[0]?.attributes['namespace'] ?? '';
}

function updated({ jobTracking }: Command): Record<string, string> {
  return { 'app.kubescape/update-job-id': jobTracking.jobID, 'armo.updatejobid': jobTracking.jobID };
}
