import type { Clock, HttpClient } from '@kso/kit';
import type { Login } from '../credentials/credential.ts';
import { type AwsPorts, ambientKeys, keysOfRole } from './aws-keys.ts';
import { acrLogin } from './azure.ts';
import { ecrLogin, type TimedLogin } from './ecr.ts';
import { type CloudEndpoints, defaultCloudEndpoints } from './endpoints.ts';
import { googleKeyLogin, googleMetadataLogin } from './google.ts';
import { type CloudRegistry, cloudOfRegistry } from './registry-host.ts';
import type { AwsKeys } from './signature-v4.ts';
import type { TokenAnswer } from './token-request.ts';

/** By what somebody is known to a cloud. */
export type CloudIdentity =
  /** The pod's or machine's own: IRSA, pod identity, workload identity, metadata server. */
  | { readonly type: 'ambient' }
  | { readonly type: 'awsKeys'; readonly keys: AwsKeys; readonly roleArn?: string }
  | { readonly type: 'awsRole'; readonly roleArn: string }
  /** JSON of a service account key. */
  | { readonly type: 'googleKey'; readonly key: string };

export type CloudLogin =
  | { readonly outcome: 'login'; readonly cloud: CloudRegistry['cloud']; readonly login: Login }
  /** The host is no registry of a cloud, or not of the identity's. */
  | { readonly outcome: 'notCloud' }
  | { readonly outcome: 'none'; readonly cloud: CloudRegistry['cloud']; readonly detail: string };

/** Logins for registries of clouds by the clouds' own token exchange. They are kept until a minute before they end. */
export interface CloudLogins {
  /** `host` as in references. Never throws. */
  loginFor(host: string, identity?: CloudIdentity): Promise<CloudLogin>;
}

export interface CloudLoginsOptions {
  /** Reaches the metadata services directly: they are link-local and must not go through a proxy. */
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly endpoints?: Partial<CloudEndpoints>;
  /** Told whether a login was kept (`hit`), is being fetched already (`coalesced`), or had to be fetched. */
  readonly onLookup?: (cloud: CloudRegistry['cloud'], result: 'hit' | 'miss' | 'coalesced') => void;
  /** For one exchange, in ms. Default 10 s. */
  readonly timeoutMs?: number;
}

const maxEntries = 1024;
const marginMs = 60_000;
/** No identity here: not asked again for each image. */
const failureMs = 60_000;

/** Of an entry whose exchange goes on. */
const pending = Number.POSITIVE_INFINITY;

interface Entry {
  readonly answer: Promise<CloudLogin>;
  until: number;
}

export function createCloudLogins(options: CloudLoginsOptions): CloudLogins {
  const { clock } = options;
  // A map keeps the order of insertion: the first entry is the oldest.
  const entries = new Map<string, Entry>();

  const remember = (key: string, cloud: CloudRegistry['cloud'], request: Promise<TokenAnswer<TimedLogin>>): Entry => {
    const entry: Entry = {
      until: pending,
      answer: request.then((answer) => {
        const isLogin = answer.outcome === 'token';
        entry.until = isLogin ? answer.value.expiresAt - marginMs : clock.now() + failureMs;
        return isLogin
          ? { outcome: 'login', cloud, login: answer.value.login }
          : { outcome: 'none', cloud, detail: answer.detail };
      }),
    };
    entries.delete(key);
    entries.set(key, entry);
    for (const oldest of entries.keys()) {
      if (entries.size <= maxEntries) break;
      entries.delete(oldest);
    }
    return entry;
  };

  return {
    loginFor: async (host, identity = ambient) => {
      const registry = cloudOfRegistry(host);
      if (registry === undefined) return { outcome: 'notCloud' };
      const key = `${host} ${JSON.stringify(identity)}`;
      const known = entries.get(key);
      if (known !== undefined && clock.now() < known.until) {
        options.onLookup?.(registry.cloud, known.until === pending ? 'coalesced' : 'hit');
        return known.answer;
      }
      const request = exchange(options, host, registry, identity);
      if (request === undefined) return { outcome: 'notCloud' };
      options.onLookup?.(registry.cloud, 'miss');
      return remember(key, registry.cloud, request).answer;
    },
  };
}

const ambient: CloudIdentity = { type: 'ambient' };

function exchange(
  options: CloudLoginsOptions,
  host: string,
  registry: CloudRegistry,
  identity: CloudIdentity,
): Promise<TokenAnswer<TimedLogin>> | undefined {
  const ports = {
    http: options.http,
    env: options.env,
    endpoints: { ...defaultCloudEndpoints, ...options.endpoints },
    now: () => options.clock.now(),
    signal: AbortSignal.timeout(options.timeoutMs ?? 10_000),
  };
  if (registry.cloud === 'aws') {
    return identity.type === 'googleKey' ? undefined : exchangeAws(ports, registry.region, identity);
  }
  if (registry.cloud === 'google') {
    if (identity.type === 'googleKey') return googleKeyLogin(ports, identity.key);
    return identity.type === 'ambient' ? googleMetadataLogin(ports) : undefined;
  }
  return identity.type === 'ambient' ? acrLogin(ports, host) : undefined;
}

type AwsIdentity = Exclude<CloudIdentity, { type: 'googleKey' }>;

async function exchangeAws(ports: AwsPorts, region: string, identity: AwsIdentity): Promise<TokenAnswer<TimedLogin>> {
  const keys = await awsKeysOf(ports, region, identity);
  return keys.outcome === 'none' ? keys : ecrLogin(ports, region, keys.value);
}

/** The keys that an identity stands for at AWS. */
export async function awsKeysOf(ports: AwsPorts, region: string, identity: AwsIdentity): Promise<TokenAnswer<AwsKeys>> {
  const own: TokenAnswer<AwsKeys> =
    identity.type === 'awsKeys' ? { outcome: 'token', value: identity.keys } : await ambientKeys(ports, region);
  const roleArn = identity.type === 'ambient' ? undefined : identity.roleArn;
  if (own.outcome === 'none' || roleArn === undefined) return own;
  return keysOfRole(ports, region, own.value, roleArn);
}
