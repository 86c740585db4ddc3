import { parseImageReference } from '@kso/domain';
import { type ConfiguredRegistry, configuredFor, parseRegistriesAuth, type RegistryTarget } from '@kso/registry';
import { fail } from '../errors.ts';
import { type InlineLogin, type RegistryScan, readRegistryName } from './registry-info.ts';

/** Key of the Secret, in both of its forms (operator-gateway.md 4.3.4). */
export const registriesAuthKey = 'registriesAuth';

/** One entry, as the existing product writes it. */
export function registriesAuthOf(scan: RegistryScan, login: InlineLogin): string {
  const { username, password, authType } = login;
  return JSON.stringify([{ registry: scan.registryName, username, password, auth_method: authType || 'credentials' }]);
}

/** A registry of v1 with the login of a Secret's text, `undefined` where there is none. @throws REGISTRY_LOGIN, REGISTRY_INVALID */
export function targetOfScan(scan: RegistryScan, auth: string | undefined): RegistryTarget {
  const { authType, registryName, isHTTPS, skipTLSVerify, provider } = scan;
  const entry = entryFor(scan, auth);
  if (entry === undefined && demandsLogin.has(authType))
    throw fail('REGISTRY_LOGIN', { registry: registryName, problem: 'there is no login for it' });
  const { login, authMethod, skipTlsVerify = false } = entry ?? {};
  const isIdentity = identities.has(authType) || authMethod === 'cloud';
  const plainHttp = isHTTPS === undefined ? entry?.plainHttp : !isHTTPS;
  return {
    registry: registryName,
    provider,
    ...(plainHttp === undefined ? {} : { plainHttp }),
    skipTlsVerify: skipTLSVerify ?? skipTlsVerify,
    ...(login === undefined ? {} : { login }),
    ...(isIdentity ? { cloud: { type: 'ambient' } } : {}),
  };
}

const demandsLogin = new Set(['credentials', 'accesstoken']);
const identities = new Set(['ips', 'cloudProviderIAM']);

/** @throws REGISTRY_LOGIN: a Secret that says nothing usable, not even of another registry */
function entryFor({ registryName, authType }: RegistryScan, auth: string | undefined): ConfiguredRegistry | undefined {
  if (authType === 'public' || auth === undefined) return undefined;
  const { registries, problems } = parseRegistriesAuth(auth);
  const [problem] = problems;
  if (registries.length === 0 && problem !== undefined)
    throw fail('REGISTRY_LOGIN', { registry: registryName, problem });
  const { host, project } = readRegistryName(registryName);
  return configuredFor(registries, host, project);
}

/** As `POST /v1/scanRegistryImage` takes it. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
  readonly auth: string;
}

/** The login for an image, from a Secret of either form. */
export function readRegistryLogin(auth: string, imageTag: string): RegistryLogin | undefined {
  const image = parseImageReference(imageTag);
  if (image.type !== 'reference') return undefined;
  const { registry, repository } = image.reference;
  const { username, password } = configuredFor(parseRegistriesAuth(auth).registries, registry, repository)?.login ?? {};
  return username === undefined || password === undefined ? undefined : { username, password, auth: 'credentials' };
}
