import { z } from 'zod';
import { type Fields, fieldsOf, isObject } from '../commands/fields.ts';
import { fail } from '../errors.ts';
import type { RegistryTarget } from './registry-catalogue.ts';
import { checkAuthType, type InlineLogin, type RegistryScan, splitRegistryName } from './registry-info.ts';

/** Key of the Secret, in both of its forms (operator-gateway.md 4.3.4). */
export const registriesAuthKey = 'registriesAuth';

const Entry = z.object({
  registry: z.string(),
  username: z.string().default(''),
  password: z.string().default(''),
  auth_method: z.string().default(''),
  kind: z.string().default(''),
  skipTLSVerify: z.boolean().optional(),
  http: z.boolean().optional(),
});
type Entry = z.infer<typeof Entry>;
const entryKeys = Object.keys(Entry.shape);

/** One entry, as the existing product writes it. */
export function registriesAuthOf(scan: RegistryScan, login: InlineLogin): string {
  const { username, password, authType } = login;
  return JSON.stringify([{ registry: scan.registryName, username, password, auth_method: authType || 'credentials' }]);
}

/** A registry of v1 with the login of a Secret's text, `undefined` for a public one. @throws REGISTRY_LOGIN, REGISTRY_INVALID */
export function targetOfScan(scan: RegistryScan, auth: string | undefined): RegistryTarget {
  const { host, project } = splitRegistryName(scan.registryName);
  const entry = scan.authType === 'public' || auth === undefined ? undefined : entryFor(auth, host, scan.registryName);
  if (entry === undefined && scan.authType !== '' && scan.authType !== 'public' && !isIdentity(scan.authType))
    throw fail('REGISTRY_LOGIN', { registry: scan.registryName, problem: 'there is no login for it' });
  return {
    provider: scan.provider,
    host,
    project,
    plainHttp: scan.isHTTPS === undefined ? entry?.http === true : !scan.isHTTPS,
    skipTlsVerify: scan.skipTLSVerify ?? entry?.skipTLSVerify ?? false,
    ...(entry === undefined ? {} : loginOf(entry)),
    ...(isIdentity(scan.authType) ? { isCloudIdentity: true } : {}),
  };
}

/** The entry of the full name, else of the host. */
function entryFor(auth: string, host: string, name: string): Entry | undefined {
  const entries = readEntries(auth);
  const named = (wanted: string) => entries.find(({ registry }) => sameName(registry, wanted));
  return named(name) ?? named(host);
}

function sameName(written: string, wanted: string): boolean {
  try {
    const { host, project } = splitRegistryName(written);
    return (project === '' ? host : `${host}/${project}`) === wanted;
  } catch {
    return false;
  }
}

/** As `POST /v1/scanRegistryImage` takes it. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
  readonly auth: string;
}

/** The login for an image, from a Secret of either form. */
export function readRegistryLogin(auth: string, imageTag: string): RegistryLogin | undefined {
  const [host = ''] = imageTag.split('/');
  const repository = imageTag.slice(0, imageTag.lastIndexOf(':'));
  const entry = readEntries(auth)
    .filter(({ registry }) => sameName(registry, host) || repository.startsWith(`${registry}/`))
    .toSorted((a, b) => b.registry.length - a.registry.length)[0];
  if (entry !== undefined) {
    const { username, password, auth_method: method } = entry;
    return username === '' ? undefined : { username, password, auth: method || 'credentials' };
  }
  const fields = readObject(auth);
  const [username = '', password = ''] = loginFields.flatMap(([user, secret]) =>
    typeof fields[user] === 'string' && typeof fields[secret] === 'string' ? [fields[user], fields[secret]] : [],
  );
  return username === '' ? undefined : { username, password, auth: 'credentials' };
}

/** Of registry objects, by provider. */
const loginFields = [
  ['username', 'password'],
  ['username', 'accessToken'],
  ['robotAccountName', 'robotAccountToken'],
] as const;

function readObject(auth: string): Fields {
  try {
    const value: unknown = JSON.parse(auth);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function readEntries(auth: string): Entry[] {
  let value: unknown;
  try {
    value = JSON.parse(auth);
  } catch {
    return [];
  }
  // One bad entry does not hide the others.
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  return list.flatMap((each) => (isObject(each) ? (Entry.safeParse(fieldsOf(each, entryKeys)).data ?? []) : []));
}

function loginOf({ username, password, auth_method: method, registry }: Entry) {
  checkAuthType(method);
  if (method === 'public') return {};
  if (isIdentity(method)) return { isCloudIdentity: true };
  if (username === '' || password === '')
    throw fail('REGISTRY_LOGIN', { registry, problem: 'the Secret has no user and password for it' });
  return { login: { username, password } };
}

function isIdentity(method: string): boolean {
  return method === 'ips' || method === 'cloudProviderIAM';
}
