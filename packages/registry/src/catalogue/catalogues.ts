import { type Clock, createHttpClient, type HttpClient, type Outgoing } from '@kso/kit';
import { z } from 'zod';
import { apiHost, isLoopback } from '../client.ts';
import { awsKeysOf, type CloudLogins, createCloudLogins } from '../cloud/cloud-logins.ts';
import { type CloudEndpoints, defaultCloudEndpoints } from '../cloud/endpoints.ts';
import { cloudOfRegistry } from '../cloud/registry-host.ts';
import type { Login } from '../credentials/credential.ts';
import { checkCatalogue } from './check.ts';
import { listImages } from './images.ts';
import {
  defaultProviderEndpoints,
  type ListRepositories,
  listDockerHub,
  listGithub,
  listGitlab,
  listGoogle,
  listHarbor,
  listQuay,
  type ProviderEndpoints,
} from './list-apis.ts';
import { listCatalog, listTags } from './list-distribution.ts';
import { listElastic } from './list-elastic.ts';
import type { CatalogueFailure, RegistryCatalogue, RegistryTarget } from './port.ts';
import type { RegistryProvider } from './provider.ts';
import { CatalogueReader } from './reader.ts';
import { type ReadTarget, readTarget } from './target.ts';

export interface CataloguesOptions {
  readonly outgoing: Outgoing;
  readonly clock: Clock;
  /** Where the pod's identity at its cloud is found; empty by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** For the waits and attempts of one list, in ms. Default 60 s. */
  readonly budgetMs?: number;
  /** See `RegistryClientOptions`. */
  readonly tokenServers?: readonly string[];
  readonly cloudEndpoints?: Partial<CloudEndpoints>;
  readonly providerEndpoints?: Partial<ProviderEndpoints>;
}

/** Catalogues of registries over shared connections; `close` them at the end. */
export interface RegistryCatalogues {
  /** Cheap: nothing is asked before a list is. */
  catalogue(target: RegistryTarget): RegistryCatalogue;
  close(): Promise<void>;
}

/** Providers whose catalogue does not list what a user sees; the others are listed by the protocol. */
const listers: Partial<Record<RegistryProvider, ListRepositories>> = {
  dockerHub: listDockerHub,
  github: listGithub,
  gitlab: listGitlab,
  gar: listGoogle,
  harbor: listHarbor,
  quay: listQuay,
};

const defaultLimit = 500;
const stallMs = 20_000;

export function createRegistryCatalogues(options: CataloguesOptions): RegistryCatalogues {
  const { outgoing, clock, env = {} } = options;
  const clients = new Map<boolean, HttpClient>();
  const httpFor = (skipTlsVerify: boolean): HttpClient => {
    const timeouts = { headersTimeoutMs: stallMs, bodyTimeoutMs: stallMs };
    const client =
      clients.get(skipTlsVerify) ?? createHttpClient({ outgoing, ...timeouts, insecureSkipTlsVerify: skipTlsVerify });
    clients.set(skipTlsVerify, client);
    return client;
  };
  const endpoints = { ...defaultCloudEndpoints, ...options.cloudEndpoints };
  const clouds = createCloudLogins({ http: httpFor(false), clock, env, endpoints });

  return {
    catalogue: (target) => {
      const read = readTarget(target);
      if (read === undefined) return unusable({ outcome: 'notFound', detail: 'no registry host' });
      return catalogueOf({ options, target, read, clouds, endpoints, httpFor });
    },
    close: async () => {
      await Promise.all(clients.values().map((client) => client.close()));
    },
  };
}

interface Parts {
  readonly options: CataloguesOptions;
  readonly target: RegistryTarget;
  readonly read: ReadTarget;
  readonly clouds: CloudLogins;
  readonly endpoints: CloudEndpoints;
  readonly httpFor: (skipTlsVerify: boolean) => HttpClient;
}

function catalogueOf(parts: Parts): RegistryCatalogue {
  const { read, options } = parts;
  const endpoints = { ...defaultProviderEndpoints, ...options.providerEndpoints };

  const repositories: RegistryCatalogue['repositories'] = async ({ limit = defaultLimit, signal } = {}) => {
    const elastic = await elasticList(parts, limit, signal);
    if (elastic !== undefined) return elastic;
    const reader = await readerOf(parts, signal);
    if (!(reader instanceof CatalogueReader)) return reader;
    const lister = listers[read.provider];
    return lister === undefined ? listCatalog(reader, read.project, limit) : lister(reader, read, { limit, endpoints });
  };
  const tags: RegistryCatalogue['tags'] = async (repository, { depth = 1, signal } = {}) => {
    const reader = await readerOf(parts, signal);
    return reader instanceof CatalogueReader ? listTags(reader, repository, depth) : reader;
  };
  return {
    repositories,
    tags,
    images: (selection = {}) => listImages({ repositories, tags }, read, selection),
    check: async (checkOptions = {}) => {
      const reader = await readerOf(parts, checkOptions.signal);
      const enter = async () => (reader instanceof CatalogueReader ? enterBy(reader) : reader);
      return checkCatalogue({ project: read.project, repositories, tags, enter }, checkOptions);
    },
  };
}

/** Without a login, a refusal only says that it is a registry; whether anybody may list is seen when it lists. */
async function enterBy(reader: CatalogueReader): Promise<CatalogueFailure | undefined> {
  const { baseUrl, login } = reader.options;
  const page = await reader.page({ url: new URL(`${baseUrl}/v2/`), shape: z.unknown() });
  return page.outcome === 'page' || (page.outcome === 'unauthorized' && login === undefined) ? undefined : page;
}

async function readerOf(
  { options, target, read, clouds, httpFor }: Parts,
  signal: AbortSignal | undefined,
): Promise<CatalogueReader | CatalogueFailure> {
  const login = await loginOf(clouds, target, read.host);
  if ('outcome' in login) return login;
  const { clock, budgetMs = 60_000, tokenServers } = options;
  const isPlain = read.plainHttp ?? isLoopback(read.host);
  return new CatalogueReader({
    http: httpFor(target.skipTlsVerify === true),
    clock,
    host: read.host,
    baseUrl: `${isPlain ? 'http' : 'https'}://${apiHost(read.host)}`,
    login: login.login,
    tokenServers,
    signal: signal ?? AbortSignal.timeout(2 * budgetMs),
    until: clock.now() + budgetMs,
  });
}

async function loginOf(
  clouds: CloudLogins,
  target: RegistryTarget,
  host: string,
): Promise<{ readonly login: Login | undefined } | CatalogueFailure> {
  const { login, cloud } = withExchange(target, host);
  if (login !== undefined || cloud === undefined) return { login };
  const answer = await clouds.loginFor(host, cloud);
  if (answer.outcome === 'login') return { login: answer.login };
  const detail = answer.outcome === 'none' ? answer.detail : `${host} is no registry of this cloud`;
  return { outcome: 'unauthorized', detail };
}

/** A key of a Google account may be written as the login `_json_key`: only a token that it is exchanged for opens all of the APIs. */
function withExchange(target: RegistryTarget, host: string): Pick<RegistryTarget, 'login' | 'cloud'> {
  const { username, password } = target.login ?? {};
  const isKey = username === '_json_key' && password !== undefined && cloudOfRegistry(host)?.cloud === 'google';
  return isKey ? { cloud: { type: 'googleKey', key: password } } : target;
}

/** With keys, ECR is asked by its own API: its catalogue does not page. */
async function elasticList(
  { options, target, read, endpoints, httpFor }: Parts,
  limit: number,
  signal: AbortSignal | undefined,
) {
  const registry = cloudOfRegistry(read.host);
  const { cloud } = target;
  if (registry?.cloud !== 'aws' || cloud === undefined || cloud.type === 'googleKey') return undefined;
  const { clock, env = {}, budgetMs = 60_000 } = options;
  const ports = {
    http: httpFor(false),
    env,
    endpoints,
    now: () => clock.now(),
    signal: signal ?? AbortSignal.timeout(budgetMs),
  };
  const keys = await awsKeysOf(ports, registry.region, cloud);
  if (keys.outcome === 'none') return { outcome: 'unauthorized' as const, detail: keys.detail };
  const { account, region } = registry;
  return listElastic(ports, { account, region, keys: keys.value, project: read.project, limit });
}

function unusable(failure: CatalogueFailure): RegistryCatalogue {
  return {
    repositories: () => Promise.resolve(failure),
    tags: () => Promise.resolve(failure),
    images: () => Promise.resolve(failure),
    check: () => Promise.resolve({ outcome: 'failed', stage: 'registryInformation', passed: [], failure }),
  };
}
