import type { Tracer } from '@kso/kit';
import type { LocatedImage } from './locate-image.ts';
import type { Interrupted, NotEvaluated } from './outcome.ts';
import type { EvaluateRequest } from './request.ts';
import { type SbomOfImage, type SbomStepOptions, sbomOf } from './sbom-step.ts';
import { SingleFlight } from './single-flight.ts';

export type SbomAnswer = SbomOfImage | NotEvaluated | Interrupted;

/** The SBOM of an image for everybody who asks at a time: one pull. */
export type SharedSbom = (image: LocatedImage, engineVersion: string, request: EvaluateRequest) => Promise<SbomAnswer>;

export function createSharedSbom(options: SbomStepOptions & { readonly tracer: Tracer }): SharedSbom {
  const flights = new SingleFlight<SbomAnswer>();
  return async (image, engineVersion, request) => {
    const key = [image.digest, image.platform, engineVersion].join('|');
    const span = { attributes: { 'kso.image.digest': image.digest, 'kso.image.platform': image.platform } };
    for (;;) {
      let own = false;
      const answer = await flights.run(key, request.signal, (signal) => {
        own = true;
        return options.tracer.span('SyftAdapter.CreateSBOM', span, () =>
          sbomOf(options, image, engineVersion, { ...request, signal }),
        );
      });
      // The other job's login was refused; ours has not been shown yet.
      if (own || !isRefusedLogin(answer)) return answer;
    }
  };
}

export function isRefusedLogin(answer: { readonly outcome: string; readonly reason?: string }): boolean {
  return answer.outcome === 'notEvaluated' && answer.reason === 'unauthorized';
}
