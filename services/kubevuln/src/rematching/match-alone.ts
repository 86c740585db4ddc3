import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MatchOutcome } from '@kso/engines';
import { explainMatch } from '../scanning/explain.ts';
import { openSbom, readFacts } from '../scanning/sbom-cache.ts';
import type { PassOptions } from './matching-pass.ts';
import type { ImageAnswer } from './shared-matches.ts';

export interface AloneRequest {
  readonly sbomFile: string;
  /** For the engine's output. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

export interface AloneAnswer {
  readonly answer?: ImageAnswer;
  /** Undefined when there is no SBOM to match. */
  readonly outcome?: MatchOutcome;
}

/** Matches one known image by itself, as a scan does. @throws SUMMARY_FAILED */
export async function matchAlone(
  { matcher, summarizer, limits, timeoutMs, logger }: PassOptions,
  { sbomFile, directory, signal }: AloneRequest,
): Promise<AloneAnswer> {
  const resultFile = join(directory, 'alone.json');
  try {
    const facts = await readFacts(sbomFile);
    if (facts === undefined) return {};
    const outcome = await matcher.match(
      {
        sbom: () => openSbom(sbomFile),
        target: resultFile,
        distribution: facts.distribution,
        timeoutMs,
        maxResultBytes: limits.maxResultBytes,
      },
      signal,
    );
    if (outcome.outcome !== 'matched') {
      logger.warn({ ...explainMatch(outcome) }, 'a known image could not be matched again');
      return { outcome };
    }
    const image = {
      digest: '',
      platform: '',
      engines: { sbom: '', matcher: '', mode: '' },
      database: { built: '', schemaVersion: '', digest: '' },
    };
    const { findings, alerts } = await summarizer.summarize({ image, sbomFile, resultFile });
    return { answer: { findings, alerts }, outcome };
  } finally {
    await rm(resultFile, { force: true });
  }
}
