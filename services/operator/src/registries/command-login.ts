import { scheduleName } from '@kso/domain';
import { describeError } from '@kso/kit';
import type { Command } from '../commands/command.ts';
import type { CommandRecord } from '../commands/plan.ts';
import { fail } from '../errors.ts';
import type { OperatorPorts } from '../ports.ts';
import { registriesAuthOf } from './registries-auth.ts';
import { loginOf } from './registry-plan.ts';

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
  const name = nameGiven(command) ?? scheduleName('registry', jobId);
  await registries.store.putAuth(name, registriesAuthOf(carried.scan, carried.login));
  return name;
}

/** Of an update: the schedule's Secret has its name. */
function nameGiven({ commandName, args }: Command): string | undefined {
  if (commandName !== 'updateRegistryScanCronJob') return undefined;
  const name = (args['jobParams'] as { readonly name?: unknown } | undefined)?.name;
  if (typeof name !== 'string' || !/^kubescape-registry-scan-\d+$/.test(name))
    throw fail('SCHEDULE_INVALID', { problem: `${commandName}: jobName not found` });
  return name;
}

/** A command that has ended needs its login no more. Never rejects: what stays is told in the log. */
export async function forgetLogin(
  jobId: string,
  { plan }: CommandRecord,
  { registries, logger }: Pick<OperatorPorts, 'registries' | 'logger'>,
): Promise<void> {
  const secret = plan.type === 'registry' && plan.registry.action !== 'scanObject' && plan.registry.temporarySecret;
  if (!secret) return;
  try {
    await registries?.store?.removeAuth(secret);
  } catch (error) {
    logger.error({ problem: describeError(error), jobId, secret }, 'the login of a command stays in its Secret');
  }
}
