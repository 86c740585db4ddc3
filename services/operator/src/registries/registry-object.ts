import { fieldsOf, isRecord, type UnknownRecord } from '@kso/domain';
import { isObjectProvider, type RegistryTarget, readRegistryObject } from '@kso/registry';
import { z } from 'zod';
import { fail } from '../errors.ts';
import { registrySecretPrefix } from './registry-info.ts';

const text = z.string().max(4096);

/** Fields that every registry object has (operator-gateway.md 4.3.5); nothing secret among them. */
export const RegistryObject = z.object({
  guid: text.default(''),
  name: text.default(''),
  provider: z.string().max(64),
  clusterName: text.default(''),
  repositories: z.array(z.string().min(1).max(512)).max(10_000).default([]),
  scanFrequency: text.optional(),
  resourceName: z.string().max(253).default(''),
});
export type RegistryObject = z.infer<typeof RegistryObject>;
const commonKeys = Object.keys(RegistryObject.shape);

/** Of one registry: how to reach it, and what belongs into its Secret. */
export interface ReadRegistry {
  readonly target: RegistryTarget;
  readonly secretFields: UnknownRecord;
}

/** The provider's fields of a registry object, or of its Secret. @throws REGISTRY_INVALID, naming members and never what they hold */
export function readProviderFields(provider: string, value: UnknownRecord, transport: TransportSettings): ReadRegistry {
  const read = readRegistryObject({ ...value, provider });
  if (!read.ok) throw fail('REGISTRY_INVALID', { problem: read.problem });
  const { plainHttp, skipTlsVerify } = transport;
  return { ...read, target: { ...read.target, ...(plainHttp ? { plainHttp } : {}), skipTlsVerify } };
}

/** @throws REGISTRY_INVALID, REGISTRY_PROVIDER */
export function readCommonFields(value: unknown): RegistryObject {
  if (!isRecord(value)) throw fail('REGISTRY_INVALID', { problem: 'it is no object' });
  const parsed = RegistryObject.safeParse(fieldsOf(value, commonKeys));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw fail('REGISTRY_INVALID', { problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` });
  }
  const { provider, resourceName } = parsed.data;
  if (!isObjectProvider(provider)) throw fail('REGISTRY_PROVIDER', { provider: provider.slice(0, 64) });
  if (resourceName !== '' && !/^[a-z\d]([a-z\d.-]{0,50}[a-z\d])?$/.test(resourceName))
    throw fail('REGISTRY_INVALID', { problem: 'resourceName is no name of at most 52 characters' });
  return parsed.data;
}

/** Objects are only made and deleted under names that are for this. @throws REGISTRY_INVALID */
export function resourceNameOf({ resourceName }: RegistryObject): string {
  if (!resourceName.startsWith(registrySecretPrefix))
    throw fail('REGISTRY_INVALID', { problem: `resourceName must begin with ${registrySecretPrefix}` });
  return resourceName;
}

export interface TransportSettings {
  readonly plainHttp: boolean;
  readonly skipTlsVerify: boolean;
}
