import { type ImageReference, normalizedImageHash, parseImageReference } from '@kso/domain';
import { type Clock, retry } from '@kso/kit';
import {
  credentialsOfRequest,
  type FailedResolution,
  findInLayouts,
  formatPlatform,
  type LayoutImage,
  type Platform,
  parsePlatform,
  type RegistryClient,
  type Resolution,
  type ResolvedImage,
  resolveInLayout,
} from '@kso/registry';
import type { ResultStore } from '@kso/store';
import type { ImageScanJob, RegistryCredentials } from '@kso/wire';
import { z } from 'zod';
import { type CredentialFinder, nothingFound } from '../credentials/port.ts';
import type { SourceMetrics } from '../source-metrics.ts';
import { explainResolution } from './explain.ts';
import { type Interrupted, type NotEvaluated, notEvaluated } from './outcome.ts';
import type { RewriteReference } from './registry-mirrors.ts';
import { createResolutionTally, type ResolutionTally } from './resolution-tally.ts';

/** Which image a job means, and where its layers can be had. */
export interface LocatedImage {
  readonly outcome: 'located';
  /** Digest of the platform's manifest. */
  readonly digest: string;
  readonly platform: string;
  readonly source: ImageSource;
}

export type ImageSource =
  | { readonly type: 'layout'; readonly layout: LayoutImage; readonly image: ResolvedImage }
  | {
      readonly type: 'registry';
      readonly reference: ImageReference;
      /** Absent when the identity was known from before: whoever pulls has to ask the registry first. */
      readonly resolved?: Omit<Extract<Resolution, { outcome: 'resolved' }>, 'outcome'>;
    };

export interface LocatorOptions {
  readonly registry: RegistryClient;
  readonly results: ResultStore;
  readonly clock: Clock;
  /** Folder with OCI image layouts that are looked into before any registry. */
  readonly imageLayouts?: string | undefined;
  /** Told of a layout there that cannot be read; the image is then looked for elsewhere. */
  readonly onBrokenLayout?: (error: unknown) => void;
  /** Where images are pulled from in place of the registry that they name; layouts are looked for by their own names. */
  readonly mirrors?: RewriteReference | undefined;
  /** Logins beside those that come with a job. */
  readonly credentials?: CredentialFinder | undefined;
  /** Told of each wait before a registry is asked again. */
  readonly onWait?: ((ms: number, why: 'rateLimited' | 'unreachable') => void) | undefined;
  readonly metrics?: SourceMetrics | undefined;
  /** For jobs that do not say what the node runs. */
  readonly defaultPlatform: string;
}

export interface LocateRequest {
  readonly job: ImageScanJob;
  readonly credentials: readonly RegistryCredentials[];
  readonly signal: AbortSignal;
  readonly remainingMs: () => number;
}

export interface ImageLocator {
  locate(request: LocateRequest): Promise<LocatedImage | NotEvaluated | Interrupted>;
  /** Asks the registry about an image whose identity is known, for the login and the sizes. */
  resolve(reference: ImageReference, platform: string, request: LocateRequest): Promise<Resolution>;
}

/** Kind of the records that say which image of an index a platform runs; a digest's content never changes. */
export const identityKind = 'image-identity';
const Identity = z.object({ digest: z.string(), platform: z.string() });

export function createImageLocator(options: LocatorOptions): ImageLocator {
  const fallback = parsePlatform(options.defaultPlatform);
  const resolve: ImageLocator['resolve'] = async (reference, platform, request) => {
    const tally = createResolutionTally(options.metrics);
    const asked = { reference, platform: parsePlatform(platform) ?? linux, request, tally };
    const resolution = await resolveWithRetries(options, asked);
    tally.end(resolution.outcome);
    return resolution;
  };

  return {
    resolve,
    locate: async (request) => {
      const { job } = request;
      const platform = job.platform === undefined ? fallback : parsePlatform(job.platform);
      if (platform === undefined)
        return notEvaluated('invalidReference', `no platform: "${(job.platform ?? '').slice(0, 100)}"`);
      const references = referencesOf(job);
      if (references === undefined)
        return notEvaluated('invalidReference', `no image reference: "${job.imageTag.slice(0, 500)}"`);

      const layout = await locateInLayouts(options, references, platform);
      if (layout !== undefined) return layout;
      return locateInRegistry(options, throughMirrors(references, options.mirrors), platform, request);
    },
  };
}

const linux: Platform = { os: 'linux', architecture: 'amd64' };

/** What the node runs first, then what the pod spec says: the digest may be gone from the registry (kubevuln.md 5.1). */
interface References {
  readonly byDigest?: ImageReference;
  readonly asWritten: ImageReference;
}

function referencesOf(job: ImageScanJob): References | undefined {
  const written = parseImageReference(job.imageTag);
  const running =
    job.imageHash === '' ? undefined : parseImageReference(normalizedImageHash(job.imageTag, job.imageHash));
  const byDigest =
    running?.type === 'reference' && running.reference.digest !== undefined ? running.reference : undefined;
  if (written.type === 'reference')
    return { asWritten: written.reference, ...(byDigest === undefined ? {} : { byDigest }) };
  return byDigest === undefined ? undefined : { asWritten: byDigest, byDigest };
}

function throughMirrors(references: References, rewrite: RewriteReference = (reference) => reference): References {
  const { byDigest, asWritten } = references;
  if (byDigest === undefined) return { asWritten: rewrite(asWritten) };
  const rewritten = rewrite(byDigest);
  return { byDigest: rewritten, asWritten: byDigest === asWritten ? rewritten : rewrite(asWritten) };
}

async function locateInLayouts(
  { imageLayouts, onBrokenLayout }: LocatorOptions,
  { byDigest, asWritten }: References,
  platform: Platform,
): Promise<LocatedImage | NotEvaluated | Interrupted | undefined> {
  if (imageLayouts === undefined) return undefined;
  const layout =
    (byDigest === undefined ? undefined : await findInLayouts(imageLayouts, byDigest, onBrokenLayout)) ??
    (await findInLayouts(imageLayouts, asWritten, onBrokenLayout));
  if (layout === undefined) return undefined;
  const resolution = await resolveInLayout(layout, platform);
  if (resolution.outcome !== 'resolved') return explainResolution(resolution);
  const { image } = resolution;
  return located(image, { type: 'layout', layout, image });
}

async function locateInRegistry(
  options: LocatorOptions,
  { byDigest, asWritten }: References,
  platform: Platform,
  request: LocateRequest,
): Promise<LocatedImage | NotEvaluated | Interrupted> {
  const known = byDigest ?? (asWritten.digest === undefined ? undefined : asWritten);
  const identity = known === undefined ? undefined : readIdentity(options.results, known, platform);
  if (known !== undefined && identity !== undefined) {
    return { outcome: 'located', ...identity, source: { type: 'registry', reference: known } };
  }
  const candidates = byDigest === undefined || byDigest === asWritten ? [asWritten] : [byDigest, asWritten];
  const tally = createResolutionTally(options.metrics);
  let failure: FailedResolution | undefined;
  for (const reference of candidates) {
    if (failure !== undefined) tally.fellBack();
    const resolution = await resolveWithRetries(options, { reference, platform, request, tally });
    if (resolution.outcome === 'resolved') {
      tally.end('resolved');
      const { outcome: _outcome, ...resolved } = resolution;
      const { image } = resolved;
      if (reference.digest !== undefined) writeIdentity(options, reference, platform, image);
      return located(image, { type: 'registry', reference, resolved });
    }
    // Only what is not there by its digest may be looked for by its tag.
    failure ??= resolution;
    if (resolution.outcome !== 'manifestUnknown') {
      tally.end(resolution.outcome);
      return explainResolution(resolution);
    }
  }
  tally.end('manifestUnknown');
  return failure === undefined ? { outcome: 'interrupted' } : explainResolution(failure);
}

interface ResolveInput {
  readonly reference: ImageReference;
  readonly platform: Platform;
  readonly request: LocateRequest;
  readonly tally: ResolutionTally;
}

/** Waits as a registry asks, within the deadline of the scan (B19). */
async function resolveWithRetries(options: LocatorOptions, input: ResolveInput): Promise<Resolution> {
  const { registry, clock } = options;
  const { reference, platform, request, tally } = input;
  const { job, signal } = request;
  const asked = { job, registry: reference.registry, repository: reference.repository, signal };
  const found = (await options.credentials?.find(asked)) ?? nothingFound;
  let atCloud = nothingFound;
  // A login that names no host is for the registry that the pod spec names, whatever a runtime says it pulled from (B29).
  const written = parseImageReference(job.imageTag);
  const owner = written.type === 'reference' ? written.reference : reference;
  const given = credentialsOfRequest(request.credentials, owner.registry);
  let isRetried = false;
  const isWorthRetrying = ({ outcome }: Resolution): boolean => outcome === 'rateLimited' || outcome === 'unreachable';
  const resolution = await retry(
    { attempts: 3, baseMs: 500, maxMs: 30_000, budgetMs: request.remainingMs() },
    {
      clock,
      signal,
      decide: (answer) => {
        if (answer.outcome === 'rateLimited') return { retry: true, retryAfterMs: answer.retryAfterMs };
        return { retry: isWorthRetrying(answer) };
      },
      onWait: ({ delayMs, result }) => {
        isRetried = true;
        tally.retried('attempt');
        options.onWait?.(delayMs, result.outcome === 'rateLimited' ? 'rateLimited' : 'unreachable');
      },
    },
    () => {
      tally.begin();
      return registry.resolve({
        reference,
        platform,
        credentials: [...given.map((each) => ({ ...each, origin: ofRequest })), ...found.credentials],
        fallback: async () => {
          atCloud = (await options.credentials?.findAtCloud(asked)) ?? nothingFound;
          return atCloud.credentials;
        },
        onAttempt: (attempt) => tally.attempted(reference.registry, attempt),
        signal,
        plainHttp: job.useHTTP ?? found.switches.plainHttp,
        skipTlsVerify: job.skipTLSVerify ?? found.switches.skipTlsVerify,
      });
    },
  );
  if (isWorthRetrying(resolution)) tally.retried('exhausted');
  else if (isRetried && resolution.outcome === 'resolved') tally.retried('success');
  return withGaps(resolution, [...found.gaps, ...atCloud.gaps]);
}

const ofRequest = { kind: 'request' } as const;

/** A login that could not be read matters only where nobody was let in. */
function withGaps(resolution: Resolution, gaps: readonly string[]): Resolution {
  if (resolution.outcome !== 'unauthorized' || gaps.length === 0) return resolution;
  return { ...resolution, detail: `${resolution.detail}; logins that could not be had: ${gaps.join(', ')}` };
}

function located(image: ResolvedImage, source: ImageSource): LocatedImage {
  return { outcome: 'located', digest: image.digest, platform: formatPlatform(image.platform), source };
}

function identityKey({ registry, repository, digest }: ImageReference, platform: Platform): string {
  return `${registry}/${repository}@${digest ?? ''}|${formatPlatform(platform)}`;
}

function readIdentity(results: ResultStore, reference: ImageReference, platform: Platform) {
  return Identity.safeParse(results.get(identityKind, identityKey(reference, platform))?.body).data;
}

function writeIdentity(
  { results, clock }: LocatorOptions,
  reference: ImageReference,
  platform: Platform,
  image: ResolvedImage,
): void {
  results.put({
    kind: identityKind,
    key: identityKey(reference, platform),
    idempotencyKey: image.digest,
    body: { digest: image.digest, platform: formatPlatform(image.platform) },
    storedAt: clock.now(),
  });
}
