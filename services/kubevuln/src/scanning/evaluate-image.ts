import type { Tracer } from '@kso/kit';
import type { CredentialOrigin } from '@kso/registry';
import type { ResultStore } from '@kso/store';
import { type ImageMatches, imageMatchesKey, imageMatchesKind, type JsonValue } from '@kso/wire';
import { findingsChange } from '../summary/findings-change.ts';
import { explainProgram } from './explain.ts';
import type { LocatedImage } from './locate-image.ts';
import { type Matched, type MatchStepOptions, matchSbom } from './match-step.ts';
import { type Interrupted, type NotEvaluated, notEvaluated, type ScanOutcome } from './outcome.ts';
import { enginesReady, type Question, questionKey } from './question.ts';
import type { EvaluateRequest } from './request.ts';
import type { CachedSbom } from './sbom-cache.ts';
import type { SbomStepOptions } from './sbom-step.ts';
import { createSharedSbom, isRefusedLogin, type SharedSbom } from './shared-sbom.ts';
import { SingleFlight } from './single-flight.ts';

export interface EvaluatorOptions extends SbomStepOptions, MatchStepOptions {
  readonly results: ResultStore;
  readonly limits: SbomStepOptions['limits'] & MatchStepOptions['limits'];
  readonly now: () => number;
  readonly tracer: Tracer;
  /** Counts the jobs that shared the work of another one. */
  readonly onShared?: () => void;
}

/** What an image's packages are known for: answered from the store when the same question was answered before, else by the engines. */
export interface ImageEvaluator {
  evaluate(request: EvaluateRequest): Promise<ScanOutcome>;
  /** The SBOM alone, which needs neither matcher nor database. */
  catalogue(request: EvaluateRequest): Promise<Catalogued | NotEvaluated | Interrupted>;
}

/** An image whose SBOM is kept now. */
export interface Catalogued {
  readonly outcome: 'catalogued';
  readonly image: LocatedImage;
  readonly sbom: CachedSbom;
}

export function createImageEvaluator(options: EvaluatorOptions): ImageEvaluator {
  const sharedSbom = createSharedSbom(options);
  const flights = new SingleFlight<ScanOutcome>();
  return {
    evaluate: async (request) => {
      const engines = await enginesReady(options);
      if (engines.outcome === 'notEvaluated') return engines;
      await request.onPhase('cve_lookup');
      const image = await options.locator.locate(request);
      if (image.outcome !== 'located') return image;
      const question = { image, engines };
      const known = findMatches(options.results, question);
      if (known !== undefined) return { outcome: 'evaluated', matches: known };

      for (;;) {
        let own = false;
        const outcome = await flights.run(questionKey(question), request.deadline.backstop, (signal) => {
          own = true;
          return answer({ ...options, sharedSbom }, question, { ...request, signal });
        });
        // The other job's login was refused; ours has not been shown yet.
        if (!own && isRefusedLogin(outcome)) continue;
        if (!own) options.onShared?.();
        return outcome;
      }
    },
    catalogue: async (request) => {
      const syft = await options.sbomEngine.status();
      if (syft.found !== 'found') return notEvaluated('sbomEngineMissing', explainProgram(syft));
      const image = await options.locator.locate(request);
      if (image.outcome !== 'located') return image;
      const made = await sharedSbom(image, syft.version, request);
      return made.outcome === 'sbom' ? { outcome: 'catalogued', image, sbom: made.sbom } : made;
    },
  };
}

function findMatches(results: ResultStore, question: Question): ImageMatches | undefined {
  const { digest, platform } = question.image;
  const stored = results.get(imageMatchesKind, imageMatchesKey(digest, platform));
  // Written by `keep` and the matching pass alone, so its shape is known.
  return stored?.idempotencyKey === questionKey(question) ? (stored.body as unknown as ImageMatches) : undefined;
}

type AnswerOptions = EvaluatorOptions & { readonly sharedSbom: SharedSbom };

async function answer(options: AnswerOptions, question: Question, request: EvaluateRequest): Promise<ScanOutcome> {
  const { image, engines } = question;
  const span = { attributes: { 'kso.image.digest': image.digest, 'kso.image.platform': image.platform } };
  const sbom = await options.sharedSbom(image, engines.sbomVersion, request);
  if (sbom.outcome !== 'sbom') return sbom;
  try {
    const matched = await options.tracer.span('GrypeAdapter.ScanSBOM', span, () =>
      matchSbom(options, question, sbom.sbom, request),
    );
    return matched.outcome === 'matched' ? keep(options, image, { ...matched, pulledWith: sbom.pulledWith }) : matched;
  } catch (error) {
    if (!sbom.kept) throw error;
    // Damaged, or put out of the cache meanwhile: once more with a new one, and not for ever with this one.
    await options.sboms.discard(sbom.sbom);
    return answer(options, question, request);
  }
}

interface Answered extends Matched {
  readonly pulledWith: CredentialOrigin | undefined;
}

function keep({ results, now }: EvaluatorOptions, image: Question['image'], answered: Answered): ScanOutcome {
  const { matches, key } = answered;
  const place = { kind: imageMatchesKind, key: imageMatchesKey(image.digest, image.platform) };
  // Written by `keep` and the matching pass alone, so its shape is known.
  const before = results.get(place.kind, place.key)?.body as unknown as ImageMatches | undefined;
  // An SBOM that was kept was pulled before, with what is known from then.
  const pulledWith = answered.pulledWith ?? before?.pulledWith;
  const answer = {
    ...matches,
    ...(pulledWith === undefined ? {} : { pulledWith }),
    ...(before === undefined ? {} : { change: findingsChange(before, matches) }),
  };
  results.put({ ...place, idempotencyKey: key, body: answer as unknown as JsonValue, storedAt: now() });
  return { outcome: 'evaluated', matches: answer };
}
