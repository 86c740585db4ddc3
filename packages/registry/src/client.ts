import { createHash } from 'node:crypto';
import type { ImageReference } from '@kso/domain';
import { type Clock, createHttpClient, type HttpClient, type Outgoing } from '@kso/kit';
import { credentialsFor, type Login, type RegistryCredential } from './credentials/credential.ts';
import {
  ImageConfiguration,
  type ImageManifest,
  manifestMediaTypes,
  parseManifest,
  selectPlatform,
} from './manifest.ts';
import { formatPlatform, type Platform, platformMatches } from './platform.ts';
import type { FailedResolution, Resolution } from './resolution.ts';
import { type Fetched, RegistrySession } from './session.ts';

/** How a registry host is spoken to, beyond the usual. */
export interface HostSwitches {
  readonly plainHttp?: boolean | undefined;
  readonly skipTlsVerify?: boolean | undefined;
}

export interface RegistryClientOptions {
  readonly outgoing: Outgoing;
  readonly clock: Clock;
  /** By `host[:port]` as in references. Hosts on this machine are spoken to over plain HTTP unless told otherwise. */
  readonly hosts?: Readonly<Record<string, HostSwitches>>;
  /** Hosts of token servers that may see logins of registries in other domains (B29). */
  readonly tokenServers?: readonly string[];
  /** Between two pieces of an answer, in ms. Default 20 s. */
  readonly stallTimeoutMs?: number;
}

export interface ResolveRequest extends HostSwitches {
  readonly reference: ImageReference;
  /** Never the scanner's own platform by default: the caller has to say whose it is. */
  readonly platform: Platform;
  /** All known logins; only those for the reference's registry are used, then none. */
  readonly credentials: readonly RegistryCredential[];
  /** Asked once for further logins when all of these are refused: what costs something to get. */
  readonly fallback?: () => Promise<readonly RegistryCredential[]>;
  /** Told what came of each login that was shown. */
  readonly onAttempt?: (attempt: LoginAttempt) => void;
  readonly signal: AbortSignal;
}

export interface LoginAttempt {
  /** `none`: without a login, which comes last. */
  readonly login: 'known' | 'fallback' | 'none';
  readonly outcome: Resolution['outcome'];
}

export interface RegistryClient {
  /** Tag or digest and platform → the digest of one image, without pulling it. */
  resolve(request: ResolveRequest): Promise<Resolution>;
  switchesFor(registry: string, asked?: HostSwitches): Required<{ plainHttp: boolean; skipTlsVerify: boolean }>;
  close(): Promise<void>;
}

const maxManifestBytes = 4 * 1024 * 1024;
const maxConfigurationBytes = 8 * 1024 * 1024;

/** A client for OCI registries. Keeps connections; `close` it at the end. */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const clients = new Map<boolean, HttpClient>();
  const clientFor = (skipTlsVerify: boolean): HttpClient => {
    const stall = options.stallTimeoutMs ?? 20_000;
    const known = clients.get(skipTlsVerify);
    const client =
      known ??
      createHttpClient({
        outgoing: options.outgoing,
        headersTimeoutMs: stall,
        bodyTimeoutMs: stall,
        insecureSkipTlsVerify: skipTlsVerify,
      });
    clients.set(skipTlsVerify, client);
    return client;
  };

  const switchesFor: RegistryClient['switchesFor'] = (registry, asked = {}) => {
    const configured = options.hosts?.[registry] ?? {};
    const skipTlsVerify = asked.skipTlsVerify ?? configured.skipTlsVerify ?? false;
    // Whoever speaks of certificates means TLS, on this machine too.
    const isPlainByName = isLoopback(registry) && !skipTlsVerify;
    return { plainHttp: asked.plainHttp ?? configured.plainHttp ?? isPlainByName, skipTlsVerify };
  };

  return {
    switchesFor,
    resolve: async (request) => {
      const { registry, repository } = request.reference;
      const { plainHttp, skipTlsVerify } = switchesFor(registry, request);
      const attempt = (login: RegistryCredential | undefined) => {
        const session = new RegistrySession({
          http: clientFor(skipTlsVerify),
          registry,
          baseUrl: `${plainHttp ? 'http' : 'https'}://${apiHost(registry)}`,
          repository,
          login,
          tokenServers: options.tokenServers,
          signal: request.signal,
          now: () => options.clock.now(),
        });
        return resolveAs(session, request, login);
      };
      let refused: Resolution | undefined;
      // An expired login must not hide a public image: nobody comes last (kubevuln.md 5.1).
      for await (const { login, credential } of loginsFor(request)) {
        const resolution = await attempt(credential);
        request.onAttempt?.({ login, outcome: resolution.outcome });
        if (resolution.outcome === 'resolved') return { ...resolution, switches: { plainHttp, skipTlsVerify } };
        if (resolution.outcome !== 'unauthorized') return resolution;
        refused ??= resolution;
      }
      return refused ?? { outcome: 'cancelled' };
    },
    close: async () => {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}

/** Known logins, the narrowest first; those that have to be fetched; nobody. */
async function* loginsFor(request: ResolveRequest): AsyncGenerator<OfferedLogin> {
  const { registry, repository } = request.reference;
  const offered = (login: LoginAttempt['login'], credentials: readonly RegistryCredential[]): OfferedLogin[] =>
    credentialsFor(credentials, registry, repository).map((credential) => ({ login, credential }));
  yield* offered('known', request.credentials);
  if (request.fallback !== undefined) yield* offered('fallback', await request.fallback());
  yield { login: 'none', credential: undefined };
}

interface OfferedLogin {
  readonly login: LoginAttempt['login'];
  readonly credential: RegistryCredential | undefined;
}

async function resolveAs(
  session: RegistrySession,
  request: ResolveRequest,
  credential: RegistryCredential | undefined,
): Promise<Resolution> {
  const resolution = await resolve(session, request);
  const login = session.usedLogin;
  if (resolution.outcome !== 'resolved' || login === undefined) return resolution;
  const { username, password, identityToken, registryToken } = login;
  return {
    ...resolution,
    login: withoutAbsent({ username, password, identityToken, registryToken }),
    ...(credential?.origin === undefined ? {} : { origin: credential.origin }),
  };
}

function withoutAbsent(login: Readonly<Record<keyof Login, string | undefined>>): Login {
  return Object.fromEntries(Object.entries(login).filter(([, value]) => value !== undefined));
}

async function resolve(session: RegistrySession, request: ResolveRequest): Promise<Resolution> {
  const { digest, tag = 'latest' } = request.reference;
  const first = await fetchManifest(session, digest ?? tag, digest);
  if (first.outcome !== 'manifest') return first;
  if (first.parsed.type === 'image') return describeImage(session, request, first.digest, first.parsed.manifest);

  const selection = selectPlatform(first.parsed.index, request.platform);
  if (!selection.selected) {
    return { outcome: 'platformNotSupported', wanted: formatPlatform(request.platform), offered: selection.offered };
  }
  const { digest: chosen, platform } = selection.descriptor;
  const second = await fetchManifest(session, chosen, chosen);
  if (second.outcome !== 'manifest') return second;
  if (second.parsed.type !== 'image') return { outcome: 'schemaNotSupported', detail: 'an index inside an index' };
  return platform === undefined
    ? describeImage(session, request, chosen, second.parsed.manifest)
    : resolved(chosen, platform, second.parsed.manifest);
}

type FetchedManifest =
  | {
      readonly outcome: 'manifest';
      readonly digest: string;
      readonly parsed: Extract<ReturnType<typeof parseManifest>, { type: 'index' | 'image' }>;
    }
  | FailedResolution;

async function fetchManifest(
  session: RegistrySession,
  reference: string,
  digest: string | undefined,
): Promise<FetchedManifest> {
  const accept = manifestMediaTypes.join(', ');
  const fetched: Fetched = await session.manifest(reference, { accept, maxBytes: maxManifestBytes, digest });
  if (fetched.outcome !== 'fetched') return fetched;
  const parsed = parseManifest(fetched.body);
  if (parsed.type === 'unsupported') return { outcome: 'schemaNotSupported', detail: parsed.detail };
  if (parsed.type === 'invalid') return session.invalid(parsed.detail);
  return { outcome: 'manifest', digest: digest ?? sha256(fetched.body), parsed };
}

/** A manifest that stands alone tells its platform in the configuration only. */
async function describeImage(
  session: RegistrySession,
  request: ResolveRequest,
  digest: string,
  manifest: ImageManifest,
): Promise<Resolution> {
  const fetched = await session.blob(manifest.config.digest, maxConfigurationBytes);
  if (fetched.outcome !== 'fetched') return fetched;
  const platform = platformOf(fetched.body);
  if (platform === undefined) return session.invalid('the image configuration names no platform');
  if (!platformMatches(platform, request.platform)) {
    const wanted = formatPlatform(request.platform);
    return { outcome: 'platformNotSupported', wanted, offered: [formatPlatform(platform)] };
  }
  return resolved(digest, platform, manifest);
}

/** The platform in the bytes of an image configuration. */
export function platformOf(configuration: Uint8Array): Platform | undefined {
  try {
    const parsed = ImageConfiguration.safeParse(JSON.parse(Buffer.from(configuration).toString('utf8')));
    return parsed.success ? withoutUndefined(parsed.data) : undefined;
  } catch {
    return undefined;
  }
}

export function resolved(
  digest: string,
  platform: { os: string; architecture: string; variant?: string | undefined },
  manifest: ImageManifest,
): Resolution {
  const layers = manifest.layers.map((layer) => ({ digest: layer.digest, size: layer.size }));
  const compressedBytes = layers.reduce((sum, { size }) => sum + size, 0);
  return { outcome: 'resolved', image: { digest, platform: withoutUndefined(platform), layers, compressedBytes } };
}

function withoutUndefined(platform: { os: string; architecture: string; variant?: string | undefined }): Platform {
  const { os, architecture, variant } = platform;
  return variant === undefined || variant === '' ? { os, architecture } : { os, architecture, variant };
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Docker Hub's API has a host of its own. */
export function apiHost(registry: string): string {
  return registry === 'docker.io' ? 'registry-1.docker.io' : registry;
}

export function isLoopback(registry: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(registry);
}
