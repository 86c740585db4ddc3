import { scheduleName } from '@kso/domain';
import { describeError, KsoError } from '@kso/kit';
import type { Command } from '../commands/command.ts';
import type { CommandRecord } from '../commands/plan.ts';
import { fail } from '../errors.ts';
import type { OperatorPorts } from '../ports.ts';
import { readParams } from '../schedules/schedule-params.ts';
import { registriesAuthOf } from './registries-auth.ts';
import { loginOf } from './registry-plan.ts';
import type { RegistryStore } from './registry-store.ts';

/**
 * Puts the login that a command carries into a Secret, before anything of the command is written elsewhere: queue, bodies and jobs get the
 * Secret's name. Undefined if it carries none. @throws REGISTRIES_UNAVAILABLE, REGISTRY_…, KUBE_…
 */
export async function keepLogin(
  command: Command,
  jobId: string,
  { registries }: Pick<OperatorPorts, 'registries'>,
): Promise<string | undefined> {
  const carried = loginOf(command);
  if (carried === undefined) return undefined;
  if (registries?.store === undefined) throw fail('REGISTRIES_UNAVAILABLE');
  const own = scheduleName('registry', jobId);
  // Whether the schedule that is to be changed exists, and is one of ours, is seen when it is changed: its Secret stays as it is until then.
  const name = isUpdate(command) ? `${own}-update` : own;
  await registries.store.putAuth(name, registriesAuthOf(carried.scan, carried.login));
  return name;
}

/** @throws SCHEDULE_INVALID for a schedule that can have no login */
function isUpdate(command: Command): boolean {
  if (command.commandName !== 'updateRegistryScanCronJob') return false;
  if (!/^kubescape-registry-scan-\d+$/.test(readParams(command).name ?? ''))
    throw fail('SCHEDULE_INVALID', { problem: `${command.commandName}: jobName not found` });
  return true;
}

/** Gives a recurring scan of a registry, which exists, the login that the command brought. May be done again. @throws REGISTRY_…, KUBE_… */
export async function moveLogin(
  { from, to }: { readonly from: string; readonly to: string },
  store: RegistryStore | undefined,
): Promise<void> {
  const auth = await store?.auth(from);
  if (auth === undefined) return;
  await store?.putAuth(to, auth);
  await store?.removeAuth(from);
}

/** A command that has ended needs its login no more. Never rejects: what stays is told in the log. */
export async function forgetLogin(
  jobId: string,
  { plan }: CommandRecord,
  { registries, logger }: Pick<OperatorPorts, 'registries' | 'logger'>,
): Promise<void> {
  const secret = temporarySecretOf(plan);
  if (secret === undefined) return;
  try {
    await registries?.store?.removeAuth(secret);
  } catch (error) {
    logger.error({ problem: describeError(error), jobId, secret }, 'the login of a command stays in its Secret');
  }
}

/** Logins of recurring scans that a cancelled command has not made. Never rejects: what stays is told in the log. */
export async function forgetUnmade(
  { plan }: CommandRecord,
  { registries, schedules, logger }: Pick<OperatorPorts, 'registries' | 'schedules' | 'logger'>,
): Promise<void> {
  if (plan.type !== 'schedule' || plan.schedule.action !== 'set') return;
  for (const { kind, name } of plan.schedule.schedules) {
    if (kind !== 'registry') continue;
    try {
      // It may have got so far.
      await schedules?.delete({ kind, name }).catch(ignoreUnknown);
      await registries?.store?.removeAuth(name);
    } catch (error) {
      logger.error({ problem: describeError(error), secret: name }, 'the login of a command stays in its Secret');
    }
  }
}

function ignoreUnknown(error: unknown): void {
  if (!(error instanceof KsoError && error.code === 'SCHEDULE_UNKNOWN')) throw error;
}

function temporarySecretOf(plan: CommandRecord['plan']): string | undefined {
  if (plan.type === 'schedule' && plan.schedule.action === 'update') return plan.schedule.temporarySecret;
  return plan.type === 'registry' && plan.registry.action !== 'scanObject' ? plan.registry.temporarySecret : undefined;
}
