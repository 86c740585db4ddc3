import { scheduleName } from '@kso/domain';
import type { Command } from '../commands/command.ts';
import { fail } from '../errors.ts';
import { type RegistryScan, readRegistryInfo } from '../registries/registry-info.ts';
import type { ScheduleChange, ScheduleSpec } from './schedule.ts';
import { bodyOf } from './schedule-body.ts';
import { checked, type Params, type ScheduleSettings, updated } from './schedule-params.ts';

export interface RegistryScheduleSettings extends ScheduleSettings {
  /** Where the login that the command carried has been put. */
  readonly secretName: string | undefined;
}

/** A recurring scan of a registry; its login is in the Secret of the same name. @throws SCHEDULE_INVALID, REGISTRY_… */
export function registrySchedule(
  command: Command,
  jobId: string,
  { cron, timeZone }: Params & { readonly timeZone: string },
  secretName: string | undefined,
): ScheduleSpec {
  // Upstream's words.
  if (cron === undefined) throw fail('SCHEDULE_INVALID', { problem: 'schedule cannot be empty' });
  const { scan } = readRegistryInfo(command.args);
  return {
    kind: 'registry',
    name: scheduleName('registry', jobId),
    cron: checked(cron, timeZone, command.commandName),
    timeZone,
    body: registryBody(scan, command, secretName ?? scan.secretName),
    annotations: { 'armo.cloud/registryname': scan.registryName },
  };
}

/** @throws SCHEDULE_INVALID, REGISTRY_… */
export function registryChange(
  command: Command,
  name: string,
  { cron, timeZone }: Params,
  settings: RegistryScheduleSettings,
): ScheduleChange {
  const given = command.args['registryInfo-v1'] === undefined ? undefined : readRegistryInfo(command.args).scan;
  if (cron !== undefined) checked(cron, timeZone ?? settings.timeZone, command.commandName);
  const secretName = settings.secretName ?? given?.secretName ?? (given?.authType === 'public' ? undefined : name);
  return {
    kind: 'registry',
    name,
    ...(cron === undefined ? {} : { cron }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(given === undefined ? {} : { body: registryBody(given, command, secretName) }),
    annotations: updated(command),
  };
}

/** The words of the existing product; of the others the host tells. */
const kinds: Partial<Record<RegistryScan['provider'], string>> = {
  acr: 'acr',
  ecr: 'ecr',
  gar: 'gcr',
  gitlab: 'gitlab',
  harbor: 'harbor',
  nexus: 'nexus',
  quay: 'quay.io',
};

/** As the existing product writes it (operator-gateway.md 4.3.3), without the login. */
function registryBody(scan: RegistryScan, { jobTracking }: Command, secretName: string | undefined) {
  const { registryName, provider, depth, include, exclude, isHTTPS, skipTLSVerify, authType } = scan;
  const kind = kinds[provider] ?? '';
  const info = {
    registryName,
    registryProvider: kind,
    ...(depth === undefined ? {} : { depth }),
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
    kind,
    ...(isHTTPS === undefined ? {} : { isHTTPS }),
    ...(skipTLSVerify === undefined ? {} : { skipTLSVerify }),
    authMethod: { type: authType },
    ...(secretName === undefined ? {} : { secretName }),
  };
  return bodyOf({
    commandName: 'scanRegistry',
    parentAction: jobTracking.jobID,
    args: { 'registryInfo-v1': info },
  });
}
