import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SbomRequest, withScratchDirectory } from '@kso/engines';
import { SyftDocument } from '@kso/engines/documents';
import { formatPlatform, type Platform, resolveInLayout, soleInLayout, writeSingleImageView } from '@kso/registry';
import { startDeadline } from '../scanning/deadline.ts';
import { explainResolution, explainSbom } from '../scanning/explain.ts';
import { type MatchStepOptions, matchSbom } from '../scanning/match-step.ts';
import { type NotEvaluated, notEvaluated, type ScanOutcome } from '../scanning/outcome.ts';
import { type EnginePorts, enginesReady } from '../scanning/question.ts';
import { createSbomCache, type SbomCache } from '../scanning/sbom-cache.ts';
import { createSummarizer } from '../summary/summarizer.ts';

/** What lies on this machine and is scanned without a registry. */
export type LocalSource = Exclude<SbomRequest['source'], { type: 'registry' }>;

export interface LocalScanOptions extends EnginePorts {
  /** Gets the SBOM, and files while it lasts. */
  readonly dataDir: string;
  /** Of an image layout with several. */
  readonly platform: Platform;
  readonly limits: { readonly maxImageBytes: number; readonly maxSbomBytes: number; readonly maxResultBytes: number };
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** Scans one local source by the steps of a service, without queue or store. The digest is empty for what has none. */
export async function scanLocal(source: LocalSource, options: LocalScanOptions): Promise<ScanOutcome> {
  const engines = await enginesReady(options);
  if (engines.outcome === 'notEvaluated') return engines;
  const summarizer = createSummarizer();
  const deadline = startDeadline(options.timeoutMs, options.signal, options.now);
  const scratchRoot = join(options.dataDir, 'scratch');
  try {
    return await withScratchDirectory(scratchRoot, async (directory) => {
      const input = await inputOf(source, options.platform, directory);
      if (input.outcome !== 'input') return input;
      const target = join(directory, 'sbom.json');
      const { maxImageBytes, maxSbomBytes } = options.limits;
      const remaining = { timeoutMs: deadline.remainingMs(), maxImageBytes, maxSbomBytes };
      const created = await options.sbomEngine.create(
        { source: input.source, target, ...remaining },
        deadline.backstop,
      );
      if (created.outcome !== 'created') return explainSbom(created);
      const image = await identityOf(target, input);
      const key = { ...image, engineVersion: engines.sbomVersion };
      const sbom = await localSboms(options.dataDir).add(key, target, await summarizer.describe(target));
      const steps: MatchStepOptions = { ...options, summarizer, scratchRoot };
      const matched = await matchSbom(steps, { image, engines }, sbom, {
        deadline,
        signal: deadline.backstop,
        onPhase: () => Promise.resolve(),
      });
      return matched.outcome === 'matched' ? { outcome: 'evaluated', matches: matched.matches } : matched;
    });
  } finally {
    deadline.release();
    await summarizer.close();
  }
}

type Input =
  | {
      readonly outcome: 'input';
      readonly source: LocalSource;
      readonly image?: { readonly digest: string; readonly platform: string };
    }
  | NotEvaluated
  | { readonly outcome: 'interrupted' };

/** Of a layout with images for several platforms, the one that is asked for is shown to the engine. */
async function inputOf(source: LocalSource, platform: Platform, directory: string): Promise<Input> {
  if (source.type !== 'ociLayout') return { outcome: 'input', source };
  const layout = await soleInLayout(source.directory);
  if (layout === undefined) return notEvaluated('invalidReference', 'the image layout does not hold exactly one image');
  const resolution = await resolveInLayout(layout, platform);
  if (resolution.outcome !== 'resolved') return explainResolution(resolution);
  const { digest, platform: found } = resolution.image;
  const view = join(directory, 'layout');
  await writeSingleImageView(view, layout, digest);
  const image = { digest, platform: formatPlatform(found) };
  return { outcome: 'input', source: { type: 'ociLayout', directory: view }, image };
}

async function identityOf(sbomFile: string, { image }: Extract<Input, { outcome: 'input' }>) {
  if (image !== undefined) return image;
  const { source } = SyftDocument.parse(JSON.parse(await readFile(sbomFile, 'utf8')));
  const { manifestDigest = '', os, architecture } = source.metadata ?? {};
  return {
    digest: manifestDigest,
    platform: os === undefined || architecture === undefined ? '' : `${os}/${architecture}`,
  };
}

function localSboms(dataDir: string): SbomCache {
  return createSbomCache(join(dataDir, 'sboms'), Number.POSITIVE_INFINITY);
}
