import { fieldsOf, isRecord, type UnknownRecord } from '@kso/domain';
import { z } from 'zod';
import type { RegistryTarget } from './port.ts';
import { readTarget } from './target.ts';

const text = z.string().trim().max(65_536);
const required = text.min(1);
const optional = text.optional();

/** Fields of each provider, public ones and secret ones together (operator-gateway.md 4.3.5). All of them lie in the object's Secret. */
const RegistryObject = z.discriminatedUnion('provider', [
  z.object({
    provider: z.literal('aws'),
    registryURI: required,
    registryRegion: optional,
    accessKeyID: optional,
    secretAccessKey: optional,
    roleARN: optional,
  }),
  z.object({ provider: z.literal('azure'), loginServer: required, username: required, accessToken: required }),
  z.object({
    provider: z.literal('google'),
    registryURI: required,
    projectID: optional,
    key: z.union([z.record(z.string(), z.unknown()), text]).optional(),
  }),
  z.object({ provider: z.literal('harbor'), instanceURL: required, username: required, password: required }),
  z.object({
    provider: z.literal('quay'),
    containerRegistryName: required,
    robotAccountName: required,
    robotAccountToken: required,
  }),
  z.object({ provider: z.literal('nexus'), registryURL: required, username: required, password: required }),
  z.object({ provider: z.literal('gitlab'), registryURL: required, username: required, accessToken: required }),
]);
type RegistryObject = z.output<typeof RegistryObject>;

const fieldNames = [...new Set(RegistryObject.options.flatMap(({ shape }) => Object.keys(shape)))];

export type ReadRegistryObject =
  | {
      readonly ok: true;
      readonly target: RegistryTarget;
      /** What belongs into its Secret: the provider's fields as they are spelled in the specification. */
      readonly secretFields: UnknownRecord;
    }
  /** Names fields, never what they hold. */
  | { readonly ok: false; readonly problem: string };

/** True for the providers that registry objects know. */
export function isObjectProvider(name: string): boolean {
  return RegistryObject.options.some(({ shape }) => shape.provider.value === name);
}

/**
 * The provider's fields of a v2 registry object, or of its Secret, as a target. Without a `provider` the fields tell which one it is.
 * Never throws.
 */
export function readRegistryObject(object: unknown): ReadRegistryObject {
  const fields = isRecord(object) ? fieldsOf(object, fieldNames) : {};
  const parsed = RegistryObject.safeParse({ ...fields, provider: fields['provider'] ?? providerByFields(fields) });
  if (!parsed.success) {
    const names = parsed.error.issues.map(({ path }) => path.join('.')).filter((path) => path !== '');
    return { ok: false, problem: `missing or of a wrong type: ${[...new Set(names)].join(', ') || 'the object'}` };
  }
  const { provider: _, ...secretFields } = parsed.data;
  const target = targetOf(parsed.data);
  return readTarget(target) === undefined
    ? { ok: false, problem: 'its address is no registry' }
    : { ok: true, target, secretFields };
}

function providerByFields(fields: UnknownRecord): RegistryObject['provider'] | undefined {
  if ('loginServer' in fields) return 'azure';
  if ('instanceURL' in fields) return 'harbor';
  if ('containerRegistryName' in fields) return 'quay';
  if ('registryURL' in fields) return 'accessToken' in fields ? 'gitlab' : 'nexus';
  if ('registryURI' in fields) return 'key' in fields || 'projectID' in fields ? 'google' : 'aws';
  return undefined;
}

function targetOf(object: RegistryObject): RegistryTarget {
  switch (object.provider) {
    case 'aws':
      return { registry: object.registryURI, provider: 'ecr', cloud: awsIdentity(object) };
    case 'azure':
      return withLogin(object.loginServer, 'acr', object.username, object.accessToken);
    case 'google':
      return { registry: googleRegistry(object), provider: 'gar', cloud: googleIdentity(object) };
    case 'harbor':
      return withLogin(object.instanceURL, 'harbor', object.username, object.password);
    case 'quay':
      return withLogin(
        quayRegistry(object.containerRegistryName),
        'quay',
        object.robotAccountName,
        object.robotAccountToken,
      );
    case 'nexus':
      return withLogin(object.registryURL, 'nexus', object.username, object.password);
    case 'gitlab':
      return withLogin(object.registryURL, 'gitlab', object.username, object.accessToken);
    default:
      return object satisfies never;
  }
}

function withLogin(
  registry: string,
  provider: NonNullable<RegistryTarget['provider']>,
  username: string,
  password: string,
): RegistryTarget {
  return { registry, provider, login: { username, password } };
}

/** A name without a dot is an organisation of quay.io. */
function quayRegistry(name: string): string {
  return name.split('/')[0]?.includes('.') === true || name.includes('://') ? name : `quay.io/${name}`;
}

function awsIdentity(object: Extract<RegistryObject, { provider: 'aws' }>): NonNullable<RegistryTarget['cloud']> {
  const { accessKeyID, secretAccessKey, roleARN } = object;
  const role = roleARN ? { roleArn: roleARN } : {};
  if (accessKeyID && secretAccessKey) {
    return { type: 'awsKeys', keys: { accessKeyId: accessKeyID, secretAccessKey }, ...role };
  }
  return roleARN ? { type: 'awsRole', roleArn: roleARN } : { type: 'ambient' };
}

type GoogleObject = Extract<RegistryObject, { provider: 'google' }>;

/** Below the project, also where the address is the host alone; `domain:project` is two parts of a path there. */
function googleRegistry({ registryURI, projectID = '' }: GoogleObject): string {
  const isHostAlone = readTarget({ registry: registryURI })?.project === '';
  return isHostAlone ? `${registryURI.replace(/\/+$/, '')}/${projectID.replace(':', '/')}` : registryURI;
}

function googleIdentity({ key }: GoogleObject): NonNullable<RegistryTarget['cloud']> {
  const text = typeof key === 'string' ? key : JSON.stringify(key ?? {});
  return text === '' || text === '{}' ? { type: 'ambient' } : { type: 'googleKey', key: text };
}
