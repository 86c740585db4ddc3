import { z } from 'zod';
import type { RegistryTarget } from './port.ts';

const text = z.string().trim().max(65_536);
const required = text.min(1);
const optional = text.optional();

/** Fields of each provider, public ones and secret ones together (operator-gateway.md 4.3.5). */
const RegistryObject = z.discriminatedUnion('provider', [
  z.object({
    provider: z.literal('aws'),
    registryURI: required,
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

const Repositories = z.object({ repositories: z.array(z.string().max(1024)).nullish() });

export type ReadRegistryObject =
  | { readonly ok: true; readonly target: RegistryTarget; readonly repositories: readonly string[] }
  /** Names fields, never what they hold. */
  | { readonly ok: false; readonly problem: string };

/** A v2 registry object, its secret fields put in from its Secret, as a target. Never throws. */
export function targetOfRegistryObject(object: Readonly<Record<string, unknown>>): ReadRegistryObject {
  const parsed = RegistryObject.safeParse(object);
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path }) => path.join('.')).filter((path) => path !== '');
    return { ok: false, problem: `missing or of a wrong type: ${[...new Set(fields)].join(', ') || 'the object'}` };
  }
  const repositories = Repositories.safeParse(object).data?.repositories ?? [];
  return { ok: true, target: targetOf(parsed.data), repositories };
}

/** The same for what lies in the Secret of a registry object alone: its provider is told by its fields. */
export function targetOfRegistrySecret(fields: Readonly<Record<string, unknown>>): ReadRegistryObject {
  return targetOfRegistryObject({ ...fields, provider: providerByFields(fields) });
}

function providerByFields(fields: Readonly<Record<string, unknown>>): RegistryObject['provider'] | undefined {
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
      return { registry: object.registryURI, provider: 'gar', cloud: googleIdentity(object) };
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

function googleIdentity({
  key,
}: Extract<RegistryObject, { provider: 'google' }>): NonNullable<RegistryTarget['cloud']> {
  if (key === undefined || key === '') return { type: 'ambient' };
  return { type: 'googleKey', key: typeof key === 'string' ? key : JSON.stringify(key) };
}
