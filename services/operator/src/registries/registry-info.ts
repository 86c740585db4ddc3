import { fieldsOf, isRecord, type UnknownRecord } from '@kso/domain';
import { providerOf, type ReadTarget, readTarget, registryProviders } from '@kso/registry';
import { z } from 'zod';
import { fail } from '../errors.ts';

const names = z.array(z.string().min(1).max(512)).max(10_000);

/** Which images of a registry; what is not given comes from the ConfigMap or the Secret (operator-gateway.md 4.3.1). */
const Selection = z.object({
  /** Newest tags of each repository. */
  depth: z.number().int().min(1).max(1000).optional(),
  include: names.optional(),
  exclude: names.optional(),
});

/** A registry as a command names it, without its login: this may be stored. */
export const RegistryScan = Selection.extend({
  /** `host[/project]`. */
  registryName: z.string(),
  provider: z.enum(registryProviders),
  isHTTPS: z.boolean().optional(),
  skipTLSVerify: z.boolean().optional(),
  authType: z.string().default(''),
  /** Where the login is; without it the Secrets of the operator's namespace are looked through. */
  secretName: z.string().optional(),
});
export type RegistryScan = z.infer<typeof RegistryScan>;

/** The login that a command carries; it goes into a Secret before anything else is done with the command. */
export interface InlineLogin {
  readonly username: string;
  readonly password: string;
  readonly authType: string;
}

const Info = Selection.extend({
  registryName: z.string().min(1).max(512),
  registryProvider: z.string().max(64).default(''),
  kind: z.string().max(64).default(''),
  isHTTPS: z.boolean().optional(),
  skipTLSVerify: z.boolean().optional(),
  secretName: z.string().max(253).default(''),
  authMethod: z
    .object({
      type: z.string().max(64).default(''),
      username: z.string().max(4096).default(''),
      password: z.string().max(65_536).default(''),
    })
    .prefault({}),
});
const infoKeys = Object.keys(Info.shape);

/** Secrets that may hold logins of registries begin with this (operator-gateway.md 4.3.4). */
export const registrySecretPrefix = 'kubescape-registry-scan';

/** `args["registryInfo-v1"]`. @throws REGISTRY_INVALID, REGISTRY_PROVIDER */
export function readRegistryInfo(args: UnknownRecord): { readonly scan: RegistryScan; readonly login?: InlineLogin } {
  const info = parseInfo(args['registryInfo-v1']);
  const { registryName, registryProvider, kind, authMethod, secretName, include, exclude, ...rest } = info;
  const { host, project, plainHttp } = readRegistryName(registryName);
  const { type, username, password } = authMethod;
  const said = kind || registryProvider;
  const provider = providerOf(host, said);
  if (provider === undefined) throw fail('REGISTRY_PROVIDER', { provider: said.slice(0, 64) });
  const scan = {
    ...(plainHttp === true ? { isHTTPS: false } : {}),
    ...rest,
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
    ...(secretName === '' ? {} : { secretName }),
    registryName: project === '' ? host : `${host}/${project}`,
    provider,
    authType: type,
  };
  const hasLogin = type !== 'public' && password !== '';
  return hasLogin ? { scan, login: { username, password, authType: type } } : { scan };
}

/** @throws REGISTRY_INVALID, naming members and never what they hold */
function parseInfo(given: unknown): z.output<typeof Info> {
  if (!isRecord(given)) throw fail('REGISTRY_INVALID', { problem: 'args["registryInfo-v1"] is missing' });
  const fields = fieldsOf(given, infoKeys);
  const method = fields['authMethod'];
  const parsed = Info.safeParse(
    isRecord(method) ? { ...fields, authMethod: fieldsOf(method, ['type', 'username', 'password']) } : fields,
  );
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw fail('REGISTRY_INVALID', { problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` });
  }
  const { include = [], exclude = [], secretName, authMethod } = parsed.data;
  if (include.length > 0 && exclude.length > 0)
    throw fail('REGISTRY_INVALID', { problem: 'include and exclude cannot be given both' });
  if (secretName !== '' && !secretName.startsWith(registrySecretPrefix))
    throw fail('REGISTRY_INVALID', { problem: `secretName must begin with ${registrySecretPrefix}` });
  const { type } = authMethod;
  if (!authTypes.has(type))
    throw fail('REGISTRY_INVALID', {
      problem: `authMethod.type is none of ${[...authTypes].filter(Boolean).join(', ')}`,
    });
  return parsed.data;
}

const authTypes = new Set(['', 'credentials', 'accesstoken', 'public', 'ips', 'cloudProviderIAM']);

/** With or without scheme and trailing slashes. @throws REGISTRY_INVALID */
export function readRegistryName(name: string): ReadTarget {
  const target = readTarget({ registry: name });
  // Without the name: it may hold a login.
  if (target === undefined) throw fail('REGISTRY_INVALID', { problem: 'a registry is named host/project' });
  return target;
}
