import { isLabelKey, parseWildWlid, scheduleName } from '@kso/domain';
import { z } from 'zod';
import type { Command } from '../commands/command.ts';
import { readScanRequest } from '../commands/scan-request.ts';
import { readScope } from '../commands/scope.ts';
import { fail } from '../errors.ts';
import { type RegistryScheduleSettings, registryChange, registrySchedule } from './registry-schedule.ts';
import { ScheduleChange, ScheduleKind, ScheduleSpec } from './schedule.ts';
import { bodyOf, scopeOf } from './schedule-body.ts';
import { checked, type Params, readParams, type ScheduleSettings, updated } from './schedule-params.ts';

/** What a command about recurring scans asks for. */
export const ScheduleAction = z.discriminatedUnion('action', [
  z.object({ action: z.literal('set'), schedules: z.array(ScheduleSpec).min(1).max(100) }),
  /** `temporarySecret`: the login that the command brought, until the schedule is changed. */
  z.object({ action: z.literal('update'), change: ScheduleChange, temporarySecret: z.string().optional() }),
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
  setRegistryScanCronJob: ['set', 'registry'],
  updateRegistryScanCronJob: ['update', 'registry'],
  deleteRegistryScanCronJob: ['delete', 'registry'],
};

export function isScheduleCommand(name: string): boolean {
  return Object.hasOwn(commands, name);
}

/** @throws SCHEDULE_INVALID and what the scan itself is refused with: a schedule that could never run is not made */
export function readScheduleAction(
  command: Command,
  jobId: string,
  settings: ScheduleSettings,
  secretName?: string,
): ScheduleAction {
  const [action, kind] = commands[command.commandName] ?? [];
  if (action === undefined || kind === undefined) throw fail('COMMAND_UNKNOWN', { name: command.commandName });
  const params = readParams(command);
  if (action === 'set')
    return { action, schedules: schedulesOf(command, jobId, kind, params, { ...settings, secretName }) };
  const { commandName } = command;
  if (params.name === undefined) throw fail('SCHEDULE_INVALID', { problem: `${commandName}: jobName not found` });
  if (action === 'delete') return { action, kind, name: params.name };
  const { name, timeZone } = params;
  if (kind === 'registry') {
    const own = secretName === undefined ? undefined : name;
    const change = registryChange(command, name, params, { ...settings, secretName: own });
    return { action, change, ...(secretName === undefined ? {} : { temporarySecret: secretName }) };
  }
  const cron = checked(required(params.cron, commandName), timeZone ?? settings.timeZone, commandName);
  return {
    action,
    change: { kind, name, cron, ...(timeZone === undefined ? {} : { timeZone }), annotations: updated(command) },
  };
}

function required(cron: string | undefined, commandName: string): string {
  if (cron === undefined) throw fail('SCHEDULE_INVALID', { problem: `${commandName}: CronTabSchedule not found` });
  return cron;
}

function schedulesOf(
  command: Command,
  jobId: string,
  kind: ScheduleKind,
  params: Params,
  settings: RegistryScheduleSettings,
): ScheduleSpec[] {
  const timeZone = params.timeZone ?? settings.timeZone;
  if (kind === 'registry') return [registrySchedule(command, jobId, { ...params, timeZone }, settings.secretName)];
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
  if (asked.targetType !== undefined && !isLabelKey(`armo.${asked.targetType}`))
    throw fail('SCHEDULE_INVALID', { problem: 'targetType is not a word' });
  if (cron !== undefined) checked(cron, timeZone, command.commandName);
  const { targetNames = [], targetType = 'Framework', ...rest } = asked;
  return [...new Set(targetNames)].map((name) => ({
    kind: 'kubescape' as const,
    name: scheduleName('kubescape', jobId, name),
    ...(cron === undefined ? {} : { cron }),
    timeZone,
    body: bodyOf({
      commandName: 'kubescapeScan',
      parentAction: jobId,
      args: { scanV1: { targetType, targetNames: [name], ...rest } },
    }),
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
