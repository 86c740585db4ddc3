import { join } from 'node:path';
import { type MatchOutcome, type ReadyDatabase, type VulnerabilityMatcher, withScratchDirectory } from '@kso/engines';
import type { ImageMatches } from '@kso/wire';
import type { Summarizer } from '../summary/summarizer.ts';
import { explainMatch } from './explain.ts';
import type { Interrupted, NotEvaluated } from './outcome.ts';
import { type Question, questionKey } from './question.ts';
import type { EvaluateRequest } from './request.ts';
import { type CachedSbom, openSbom } from './sbom-cache.ts';

export interface MatchStepOptions {
  readonly matcher: VulnerabilityMatcher;
  readonly summarizer: Summarizer;
  readonly scratchRoot: string;
  readonly limits: { readonly maxResultBytes: number };
}

export interface Matched {
  readonly outcome: 'matched';
  readonly matches: ImageMatches;
  /** The question that was answered in the end: the database may have been exchanged meanwhile. */
  readonly key: string;
}

/** A question about an image, wherever its layers are. */
type MatchQuestion = Omit<Question, 'image'> & { readonly image: Pick<Question['image'], 'digest' | 'platform'> };

/** Matches a kept SBOM against the database. */
export async function matchSbom(
  options: MatchStepOptions,
  question: MatchQuestion,
  sbom: CachedSbom,
  request: Pick<EvaluateRequest, 'deadline' | 'signal' | 'onPhase'>,
): Promise<Matched | NotEvaluated | Interrupted> {
  await request.onPhase('cve_matching');
  return withScratchDirectory(options.scratchRoot, async (directory) => {
    const resultFile = join(directory, 'matches.json');
    const outcome = await options.matcher.match(
      {
        sbom: () => openSbom(sbom.file),
        target: resultFile,
        distribution: sbom.facts.distribution,
        timeoutMs: request.deadline.remainingMs(),
        maxResultBytes: options.limits.maxResultBytes,
      },
      request.signal,
    );
    if (outcome.outcome !== 'matched') return explainMatch(outcome);
    await request.onPhase('result_storage');
    const engines = { ...question.engines, matcherVersion: outcome.engineVersion, database: outcome.database };
    const answered: MatchQuestion = { ...question, engines };
    const image = describeQuestion(answered, outcome);
    const matches = await options.summarizer.summarize({ image, sbomFile: sbom.file, resultFile });
    return { outcome: 'matched', matches, key: questionKey(answered) };
  });
}

function describeQuestion(
  { image, engines }: MatchQuestion,
  { database }: Extract<MatchOutcome, { outcome: 'matched' }>,
) {
  return {
    digest: image.digest,
    platform: image.platform,
    engines: { sbom: engines.sbomVersion, matcher: engines.matcherVersion, mode: engines.mode },
    database: describeDatabase(database),
  };
}

/** A database as answers name it. */
export function describeDatabase({ built, schemaVersion, digest, sample }: ReadyDatabase): ImageMatches['database'] {
  return {
    built: new Date(built).toISOString(),
    schemaVersion,
    digest,
    ...(sample ? { label: 'sample' as const } : {}),
  };
}
