import { z } from 'zod';
import { type Fields, fieldsOf, isObject } from '../commands/fields.ts';
import { fail } from '../errors.ts';
import type { RegistryTarget } from './registry-catalogue.ts';
import { registrySecretPrefix, splitRegistryName } from './registry-info.ts';

const text = z.string().max(4096);
const secretText = z.string().max(65_536);

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

/** What else they have, by provider; all of it goes into the Secret. */
const providerFields = {
  aws: z.object({
    registryURI: text,
    registryRegion: text.default(''),
    accessKeyID: secretText.default(''),
    secretAccessKey: secretText.default(''),
    roleARN: text.default(''),
  }),
  azure: z.object({ loginServer: text, username: secretText.default(''), accessToken: secretText.default('') }),
  google: z.object({
    registryURI: text,
    projectID: text.default(''),
    key: z.record(z.string(), z.unknown()).default({}),
  }),
  harbor: z.object({ instanceURL: text, username: secretText.default(''), password: secretText.default('') }),
  quay: z.object({
    containerRegistryName: text,
    robotAccountName: secretText.default(''),
    robotAccountToken: secretText.default(''),
  }),
  nexus: z.object({ registryURL: text, username: secretText.default(''), password: secretText.default('') }),
  gitlab: z.object({ registryURL: text, username: secretText.default(''), accessToken: secretText.default('') }),
} as const;

type Provider = keyof typeof providerFields;
type FieldsOf<P extends Provider> = z.infer<(typeof providerFields)[P]>;

/** Of one registry: what may be told, and what belongs into its Secret. */
export interface ReadRegistry {
  readonly registry: RegistryObject;
  readonly secretFields: Fields;
}

/** A registry object of a command. @throws REGISTRY_INVALID, REGISTRY_PROVIDER */
export function readRegistryObject(value: unknown): ReadRegistry {
  const registry = readCommonFields(value);
  return { registry, secretFields: readProviderFields(registry.provider, value) };
}

/** @throws REGISTRY_INVALID, REGISTRY_PROVIDER */
export function readCommonFields(value: unknown): RegistryObject {
  if (!isObject(value)) throw fail('REGISTRY_INVALID', { problem: 'it is no object' });
  const registry = parsed(RegistryObject, fieldsOf(value, commonKeys));
  isProvider(registry.provider);
  const { resourceName } = registry;
  if (resourceName !== '' && !/^[a-z\d]([a-z\d.-]{0,50}[a-z\d])?$/.test(resourceName))
    throw fail('REGISTRY_INVALID', { problem: 'resourceName is no name of at most 52 characters' });
  return registry;
}

/** Of the Secret or of the object itself. @throws REGISTRY_INVALID, REGISTRY_PROVIDER */
export function readProviderFields(provider: string, value: unknown): Fields {
  isProvider(provider);
  const shape: z.ZodObject = providerFields[provider];
  return parsed(shape, isObject(value) ? fieldsOf(value, Object.keys(shape.shape)) : {});
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

/** @throws REGISTRY_INVALID, REGISTRY_PROVIDER */
export function targetOfObject({ registry, secretFields }: ReadRegistry, transport: TransportSettings): RegistryTarget {
  const { provider } = registry;
  isProvider(provider);
  return { ...targets[provider](secretFields as never), ...transport };
}

type Place = Omit<RegistryTarget, 'plainHttp' | 'skipTlsVerify'>;

const targets: { readonly [P in Provider]: (fields: FieldsOf<P>) => Place } = {
  aws: ({ registryURI, registryRegion, accessKeyID, secretAccessKey, roleARN }) => ({
    provider: 'aws',
    ...splitRegistryName(registryURI),
    aws: {
      // The region is the URI's fourth part if nobody says it.
      region: registryRegion || (registryURI.split('.')[3] ?? ''),
      ...(accessKeyID === '' ? {} : { accessKeyId: accessKeyID, secretAccessKey }),
      ...(roleARN === '' ? {} : { roleArn: roleARN }),
    },
    isCloudIdentity: accessKeyID === '',
  }),
  azure: ({ loginServer, username, accessToken }) => ({
    provider: 'azure',
    ...splitRegistryName(loginServer),
    ...loginOf(username, accessToken),
  }),
  google: ({ registryURI, projectID, key }) => {
    const { host, project } = splitRegistryName(registryURI);
    return {
      provider: 'google',
      host,
      project: project || projectID,
      // As Google documents it for logins with a key.
      ...(Object.keys(key).length === 0 ? { isCloudIdentity: true } : loginOf('_json_key', JSON.stringify(key))),
    };
  },
  harbor: ({ instanceURL, username, password }) => ({
    provider: 'harbor',
    ...splitRegistryName(instanceURL),
    ...loginOf(username, password),
  }),
  quay: ({ containerRegistryName, robotAccountName, robotAccountToken }) => ({
    provider: 'quay',
    // Either a registry with its organisation, or the organisation alone.
    ...splitRegistryName(
      containerRegistryName.includes('.') ? containerRegistryName : `quay.io/${containerRegistryName}`,
    ),
    ...loginOf(robotAccountName, robotAccountToken),
  }),
  nexus: ({ registryURL, username, password }) => ({
    provider: 'nexus',
    ...splitRegistryName(registryURL),
    ...loginOf(username, password),
  }),
  gitlab: ({ registryURL, username, accessToken }) => ({
    provider: 'gitlab',
    ...splitRegistryName(registryURL),
    ...loginOf(username, accessToken),
  }),
};

function loginOf(username: string, password: string): Pick<RegistryTarget, 'login'> {
  return username === '' && password === '' ? {} : { login: { username, password } };
}

function isProvider(provider: string): asserts provider is Provider {
  if (!Object.hasOwn(providerFields, provider)) throw fail('REGISTRY_PROVIDER', { provider: provider.slice(0, 64) });
}

/** Without the values: they may be logins. */
function parsed<T>(shape: z.ZodType<T>, value: unknown): T {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw fail('REGISTRY_INVALID', { problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` });
}
