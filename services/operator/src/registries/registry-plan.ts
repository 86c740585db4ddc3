import { z } from 'zod';
import type { Command } from '../commands/command.ts';
import { fail } from '../errors.ts';
import { type InlineLogin, RegistryScan, readRegistryInfo, registrySecretPrefix } from './registry-info.ts';
import { RegistryObject, readCommonFields } from './registry-object.ts';

/** What a command about a registry asks for, as it is stored. No secrets: a login is the name of a Secret. */
export const RegistryPlan = z.discriminatedUnion('action', [
  z.object({ action: z.literal('scan'), scan: RegistryScan, temporarySecret: z.string().optional() }),
  z.object({ action: z.literal('test'), scan: RegistryScan, temporarySecret: z.string().optional() }),
  z.object({ action: z.literal('scanObject'), registry: RegistryObject, secretName: z.string() }),
]);
export type RegistryPlan = z.infer<typeof RegistryPlan>;

const actions: Readonly<Record<string, RegistryPlan['action']>> = {
  scanRegistry: 'scan',
  testRegistryConnectivity: 'test',
  scanRegistryV2: 'scanObject',
};

export function isRegistryCommand(name: string): boolean {
  return Object.hasOwn(actions, name);
}

/** `secretName`: where the login of the command has been put. @throws REGISTRY_INVALID, REGISTRY_PROVIDER, COMMAND_UNKNOWN */
export function readRegistryPlan({ commandName, args }: Command, secretName: string | undefined): RegistryPlan {
  const action = actions[commandName];
  if (action === undefined) throw fail('COMMAND_UNKNOWN', { name: commandName });
  if (action === 'scanObject') return readObjectScan(args);
  const { scan } = readRegistryInfo(args);
  return secretName === undefined
    ? { action, scan }
    : { action, scan: { ...scan, secretName }, temporarySecret: secretName };
}

function readObjectScan(args: Command['args']): RegistryPlan {
  const secretName = args['registry-secret'];
  if (typeof secretName !== 'string' || !secretName.startsWith(registrySecretPrefix) || secretName.length > 253)
    throw fail('REGISTRY_INVALID', { problem: `args["registry-secret"] must name a Secret ${registrySecretPrefix}…` });
  return { action: 'scanObject', registry: readCommonFields(args['registryInfo-v1']), secretName };
}

/** The login that a command carries, if it is one that may. Undefined also for what is malformed: that is told later. */
export function loginOf({ commandName, args }: Command): { scan: RegistryScan; login: InlineLogin } | undefined {
  if (!carriesLogin.has(commandName) || args['registryInfo-v1'] === undefined) return undefined;
  const { scan, login } = readRegistryInfo(args);
  return login === undefined ? undefined : { scan, login };
}

const carriesLogin = new Set([
  'scanRegistry',
  'testRegistryConnectivity',
  'setRegistryScanCronJob',
  'updateRegistryScanCronJob',
]);
