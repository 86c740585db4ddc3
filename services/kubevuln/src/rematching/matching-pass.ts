import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type MatchOutcome, type VulnerabilityMatcher, withScratchDirectory } from '@kso/engines';
import { describeError, type Logger } from '@kso/kit';
import type { ResultStore } from '@kso/store';
import { type ImageMatches, imageMatchesKind, type JsonValue } from '@kso/wire';
import type { RematchMetrics } from '../metrics.ts';
import { explainMatch } from '../scanning/explain.ts';
import { describeDatabase } from '../scanning/match-step.ts';
import type { ReadyEngines } from '../scanning/question.ts';
import type { SbomCache } from '../scanning/sbom-cache.ts';
import { findingsChange, isChanged } from '../summary/findings-change.ts';
import type { Summarizer } from '../summary/summarizer.ts';
import type { StaleImage } from './known-images.ts';
import { matchAlone } from './match-alone.ts';
import { type PassThread, startPassThread } from './pass-thread.ts';
import type { ImageAnswer } from './shared-matches.ts';

export interface PassOptions {
  readonly results: ResultStore;
  readonly sboms: SbomCache;
  readonly matcher: VulnerabilityMatcher;
  readonly summarizer: Summarizer;
  readonly scratchRoot: string;
  readonly limits: { readonly maxResultBytes: number };
  /** Of one run of the engine. */
  readonly timeoutMs: number;
  /** So many images of each pass are also matched by themselves, and must come out the same. */
  readonly samples: number;
  readonly logger: Logger;
  readonly metrics: RematchMetrics;
}

export interface PassCounts {
  changed: number;
  unchanged: number;
  /** Left as they were: their next scan answers. */
  failed: number;
  /** Matched by themselves. */
  apart: number;
  runs: number;
  /** Packages that Grype was asked about, each once for all images. */
  packages: number;
}

/** The database or the engine is another one by now: what is left has to be matched with that. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/** Of a result that is read as a whole. */
const maxRunResultBytes = 256 * 1024 * 1024;

/**
 * Matches known images with the present database: their packages are united, Grype is asked once about each, and every image gets its
 * findings. What is written is written per image, so a pass that ends early has done a part, and the next one does the rest.
 * @throws Superseded; DOMException `AbortError`
 */
export async function runMatchingPass(
  options: PassOptions,
  engines: ReadyEngines,
  images: readonly StaleImage[],
  signal: AbortSignal,
): Promise<PassCounts> {
  return withScratchDirectory(options.scratchRoot, async (directory) => {
    const pass = new MatchingPass(options, engines, directory, signal);
    try {
      return await pass.run(images);
    } finally {
      await pass.close();
    }
  });
}

class MatchingPass {
  readonly counts: PassCounts = { changed: 0, unchanged: 0, failed: 0, apart: 0, runs: 0, packages: 0 };
  readonly #options: PassOptions;
  readonly #engines: ReadyEngines;
  readonly #directory: string;
  readonly #signal: AbortSignal;
  readonly #thread: PassThread;

  constructor(options: PassOptions, engines: ReadyEngines, directory: string, signal: AbortSignal) {
    this.#options = options;
    this.#engines = engines;
    this.#directory = directory;
    this.#signal = signal;
    this.#thread = startPassThread(directory);
    // It does not look up while it reads a thousand SBOMs.
    signal.addEventListener('abort', () => void this.#thread.close(), { once: true });
  }

  async run(images: readonly StaleImage[]): Promise<PassCounts> {
    const { metrics } = this.#options;
    metrics.waiting(images.length);
    const plan = await this.#thread.plan(images.map((image) => this.#sbomOf(image)));
    for (const [number, run] of plan.runs.entries()) {
      await this.#matchRun(number, run);
      this.counts.packages += run.packages;
    }
    this.counts.runs = plan.runs.length;
    const isTrusted = await this.#verify(images);
    for (const [index, image] of images.entries()) {
      this.#signal.throwIfAborted();
      const answer = (isTrusted ? await this.#answerOf(image) : undefined) ?? (await this.#matchAlone(image));
      const outcome = answer === undefined ? 'failed' : this.#write(image, answer);
      this.counts[outcome] += 1;
      metrics.rematched(outcome);
      metrics.waiting(images.length - index - 1);
      // Requests and probes come between.
      await setImmediate();
    }
    return this.counts;
  }

  close(): Promise<void> {
    this.#options.metrics.waiting(0);
    return this.#thread.close();
  }

  #sbomOf({ digest, platform, sbomVersion }: StaleImage): string {
    return this.#options.sboms.fileOf({ digest, platform, engineVersion: sbomVersion });
  }

  async #matchRun(number: number, run: { readonly file: string; readonly distribution: string | undefined }) {
    const { matcher, limits, timeoutMs, logger } = this.#options;
    const target = join(this.#directory, 'result.json');
    const outcome = await matcher.match(
      {
        sbom: () => createReadStream(run.file),
        target,
        distribution: run.distribution,
        timeoutMs,
        maxResultBytes: Math.min(limits.maxResultBytes, maxRunResultBytes),
      },
      this.#signal,
    );
    this.#checkOutcome(outcome);
    try {
      // Of a run that failed nothing is taken: the images that it was about are matched by themselves.
      if (outcome.outcome === 'matched') await this.#thread.takeResult(number, target);
      else logger.warn({ ...explainMatch(outcome) }, 'united packages could not be matched');
    } catch (error) {
      this.#signal.throwIfAborted();
      logger.warn({ problem: describeError(error) }, 'the matches of united packages could not be read');
    } finally {
      await rm(target, { force: true });
      await rm(run.file, { force: true });
    }
  }

  #checkOutcome(outcome: MatchOutcome): void {
    this.#signal.throwIfAborted();
    const { matcherVersion, database } = this.#engines;
    const isGone = outcome.outcome === 'engineUnavailable' || outcome.outcome === 'databaseMissing';
    const isOther =
      outcome.outcome === 'matched' &&
      (outcome.database.digest !== database.digest || outcome.engineVersion !== matcherVersion);
    if (isGone || isOther) throw new Superseded();
  }

  async #answerOf(image: StaleImage): Promise<ImageAnswer | undefined> {
    try {
      return await this.#thread.answer(this.#sbomOf(image));
    } catch {
      // The thread has ended, or the projection is damaged: there is another way.
      return undefined;
    }
  }

  async #matchAlone(image: StaleImage): Promise<ImageAnswer | undefined> {
    this.counts.apart += 1;
    const { logger } = this.#options;
    try {
      const { answer, outcome } = await matchAlone(this.#options, {
        sbomFile: this.#sbomOf(image),
        directory: this.#directory,
        signal: this.#signal,
      });
      if (outcome !== undefined) this.#checkOutcome(outcome);
      return answer;
    } catch (error) {
      if (error instanceof Superseded || this.#signal.aborted) throw error;
      logger.warn({ image: image.key, problem: describeError(error) }, 'a known image could not be matched again');
      return undefined;
    }
  }

  /** Another version of Grype may look at more than this knows of: then one pass is not the same as many, and is not used. */
  async #verify(images: readonly StaleImage[]): Promise<boolean> {
    const { samples, metrics, logger } = this.#options;
    const chosen = images.toSorted(() => Math.random() - 0.5).slice(0, images.length > samples ? samples : 0);
    for (const image of chosen) {
      const united = await this.#answerOf(image);
      if (united === undefined) continue;
      const alone = await this.#matchAlone(image);
      if (alone === undefined || sameFindings(united, alone)) continue;
      metrics.mismatch();
      logger.error(
        { image: image.key },
        'one matching pass for all images differs from Grype by itself and is not used',
      );
      return false;
    }
    return true;
  }

  #write({ key, answer }: StaleImage, { findings, alerts }: ImageAnswer): 'changed' | 'unchanged' {
    const { results } = this.#options;
    const stored = results.get(imageMatchesKind, key);
    // A scan was quicker, or the image has been forgotten.
    if (stored === undefined || stored.idempotencyKey === answer) return 'unchanged';
    // Written by the scan and this pass alone, so its shape is known.
    const before = stored.body as unknown as ImageMatches;
    const { matcherVersion: matcher, mode, database } = this.#engines;
    const after: ImageMatches = {
      ...before,
      findings,
      alerts,
      engines: { ...before.engines, matcher, mode },
      database: describeDatabase(database),
    };
    const change = findingsChange(before, after);
    const body = { ...after, change } as unknown as JsonValue;
    // With its old time: an image that nobody asks about any more is forgotten some day.
    results.put({ kind: imageMatchesKind, key, idempotencyKey: answer, body, storedAt: stored.storedAt });
    return isChanged(change) ? 'changed' : 'unchanged';
  }
}

function sameFindings(a: ImageAnswer, b: ImageAnswer): boolean {
  const text = ({ findings, alerts }: ImageAnswer) =>
    JSON.stringify([findings.map((finding) => JSON.stringify(finding)).sort(), alerts]);
  return text(a) === text(b);
}
