import { join } from 'node:path';
import { type EngineCredential, type SbomEngine, type SbomRequest, withScratchDirectory } from '@kso/engines';
import {
  type CredentialOrigin,
  type Login,
  type RegistryClient,
  type ResolvedImage,
  writeSingleImageView,
} from '@kso/registry';
import type { Summarizer } from '../summary/summarizer.ts';
import { explainResolution, explainSbom } from './explain.ts';
import type { ImageLocator, LocatedImage } from './locate-image.ts';
import { type Interrupted, type NotEvaluated, notEvaluated } from './outcome.ts';
import type { EvaluateRequest } from './request.ts';
import type { CachedSbom, SbomCache } from './sbom-cache.ts';

export interface SbomStepOptions {
  readonly sbomEngine: SbomEngine;
  readonly registry: RegistryClient;
  readonly locator: ImageLocator;
  readonly sboms: SbomCache;
  readonly summarizer: Summarizer;
  readonly scratchRoot: string;
  readonly limits: { readonly maxImageBytes: number; readonly maxSbomBytes: number };
}

export interface SbomOfImage {
  readonly outcome: 'sbom';
  readonly sbom: CachedSbom;
  /** It is an older one out of the cache, which a disk may have damaged since. */
  readonly kept: boolean;
  /** What a new one was pulled with; absent for a pull without a login. */
  readonly pulledWith?: CredentialOrigin | undefined;
}

/** The SBOM of an image: the one that is kept, else a new one. An image is pulled once for each version of the engine. */
export async function sbomOf(
  options: SbomStepOptions,
  image: LocatedImage,
  engineVersion: string,
  request: EvaluateRequest,
): Promise<SbomOfImage | NotEvaluated | Interrupted> {
  const key = { digest: image.digest, platform: image.platform, engineVersion };
  const known = await options.sboms.find(key);
  if (known !== undefined) return { outcome: 'sbom', sbom: known, kept: true };
  await request.onPhase('sbom_generation');
  return withScratchDirectory(options.scratchRoot, async (directory) => {
    const input = await sbomInput(options, image, request, directory);
    if (input.outcome !== 'input') return input;
    const tooLarge = gate(input.image, options.limits.maxImageBytes);
    if (tooLarge !== undefined) return tooLarge;
    const target = join(directory, 'sbom.json');
    const created = await options.sbomEngine.create(
      {
        source: input.source,
        origin: request.origin,
        target,
        timeoutMs: request.deadline.remainingMs(),
        maxImageBytes: options.limits.maxImageBytes + largestLayer(input.image),
        maxSbomBytes: options.limits.maxSbomBytes,
      },
      request.signal,
    );
    if (created.outcome !== 'created') return explainSbom(created);
    const facts = await options.summarizer.describe(target);
    const sbom = await options.sboms.add(key, target, facts);
    return { outcome: 'sbom', sbom, kept: false, pulledWith: input.pulledWith };
  });
}

type SbomInput = {
  readonly outcome: 'input';
  readonly source: SbomRequest['source'];
  readonly image: ResolvedImage;
  readonly pulledWith?: CredentialOrigin | undefined;
};

async function sbomInput(
  { locator, registry }: SbomStepOptions,
  located: LocatedImage,
  request: EvaluateRequest,
  directory: string,
): Promise<SbomInput | NotEvaluated | Interrupted> {
  const { source } = located;
  if (source.type === 'layout') {
    const view = join(directory, 'layout');
    await writeSingleImageView(view, source.layout, located.digest);
    return { outcome: 'input', source: { type: 'ociLayout', directory: view }, image: source.image };
  }
  let { resolved } = source;
  if (resolved === undefined) {
    const resolution = await locator.resolve(source.reference, located.platform, request);
    if (resolution.outcome !== 'resolved') return explainResolution(resolution);
    resolved = resolution;
  }
  const { reference } = source;
  const { plainHttp, skipTlsVerify } =
    resolved.switches ??
    registry.switchesFor(reference.registry, {
      plainHttp: request.job.useHTTP,
      skipTlsVerify: request.job.skipTLSVerify,
    });
  return {
    outcome: 'input',
    image: resolved.image,
    pulledWith: resolved.origin,
    source: {
      type: 'registry',
      reference: `${reference.registry}/${reference.repository}@${located.digest}`,
      credentials: engineCredentials(reference.registry, resolved.login),
      plainHttp,
      skipTlsVerify,
    },
  };
}

/** The login that worked for the manifest, for this one host. Syft knows Docker Hub by its old name. */
function engineCredentials(registry: string, login: Login | undefined): EngineCredential[] {
  if (login === undefined) return [];
  const authority = registry === 'docker.io' ? 'index.docker.io' : registry;
  const { username, password, registryToken } = login;
  if (registryToken !== undefined) return [{ authority, token: registryToken }];
  return username === undefined || password === undefined ? [] : [{ authority, username, password }];
}

/** Layers only grow when they are unpacked: what is too large already is not pulled. */
function gate(image: ResolvedImage, maxImageBytes: number): NotEvaluated | undefined {
  if (image.compressedBytes <= maxImageBytes) return undefined;
  return notEvaluated(
    'imageTooLarge',
    `the image has ${image.compressedBytes} bytes before it is unpacked, more than ${maxImageBytes} (maxImageSize)`,
  );
}

function largestLayer({ layers }: ResolvedImage): number {
  return layers.reduce((largest, { size }) => Math.max(largest, size), 0);
}
