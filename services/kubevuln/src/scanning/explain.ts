import type { DatabaseStatus, MatchOutcome, ProgramLookup, SbomOutcome } from '@kso/engines';
import type { FailedResolution } from '@kso/registry';
import { type Interrupted, type NotEvaluated, notEvaluated } from './outcome.ts';

/** Turns what engines and registries answer into a reason and a sentence for people. */

type MissingProgram = Exclude<ProgramLookup, { found: 'found' }>;

export function explainProgram(lookup: MissingProgram): string {
  const name = lookup.program.charAt(0).toUpperCase() + lookup.program.slice(1);
  return lookup.found === 'missing'
    ? `${name} not found; ${lookup.howToGet}`
    : `${name} ${lookup.version} at ${lookup.path} is not supported, ${lookup.wanted} or newer is; ${lookup.howToGet}`;
}

export function explainDatabase(status: Exclude<DatabaseStatus, { state: 'ready' }>): string {
  if (status.state === 'engineUnavailable') return explainProgram(status.lookup);
  const problem = status.state === 'missing' ? 'no vulnerability database' : 'the vulnerability database is not usable';
  return `${problem} (${status.detail}); get one with: grype db update`;
}

export function explainResolution(failure: FailedResolution): NotEvaluated | Interrupted {
  switch (failure.outcome) {
    case 'unauthorized':
      return notEvaluated('unauthorized', `the registry ${failure.registry} did not let us in (${failure.detail})`);
    case 'manifestUnknown':
      return notEvaluated('manifestUnknown', `the registry does not have the image (${failure.detail})`);
    case 'platformNotSupported': {
      const offered = failure.offered.length === 0 ? 'no platform' : failure.offered.join(', ');
      return notEvaluated(
        'platformNotSupported',
        `platform not supported: the image is for ${offered}, not for ${failure.wanted}`,
      );
    }
    case 'schemaNotSupported':
      return notEvaluated('schemaNotSupported', `the image format is not supported (${failure.detail})`);
    case 'rateLimited':
      return notEvaluated('rateLimited', `the registry ${failure.registry} limits the rate of pulls`);
    case 'unreachable':
    case 'invalidAnswer':
      return notEvaluated('registryUnreachable', `the registry ${failure.registry} cannot be used: ${failure.detail}`);
    case 'cancelled':
      return { outcome: 'interrupted' };
    default:
      return failure satisfies never;
  }
}

export function explainSbom(outcome: Exclude<SbomOutcome, { outcome: 'created' }>): NotEvaluated | Interrupted {
  switch (outcome.outcome) {
    case 'engineUnavailable':
      return notEvaluated('sbomEngineMissing', explainProgram(outcome.lookup));
    case 'imageTooLarge':
      return notEvaluated('imageTooLarge', `the image is larger than ${outcome.limitBytes} bytes (maxImageSize)`);
    case 'sbomTooLarge':
      return notEvaluated('sbomTooLarge', `the SBOM is larger than ${outcome.limitBytes} bytes (maxSbomSize)`);
    case 'timedOut':
      return notEvaluated('timedOut', `timeout while ${outcome.phase}`);
    case 'outOfMemory':
      return notEvaluated('outOfMemory', 'Syft ran out of memory');
    case 'cancelled':
      return { outcome: 'interrupted' };
    default:
      return notEvaluated(outcome.outcome, outcome.detail);
  }
}

export function explainMatch(outcome: Exclude<MatchOutcome, { outcome: 'matched' }>): NotEvaluated | Interrupted {
  switch (outcome.outcome) {
    case 'engineUnavailable':
      return notEvaluated('matcherMissing', explainProgram(outcome.lookup));
    case 'databaseMissing':
      return notEvaluated('databaseMissing', explainDatabase({ state: 'missing', detail: outcome.detail }));
    case 'timedOut':
      return notEvaluated('timedOut', 'timeout while matching');
    case 'outOfMemory':
      return notEvaluated('outOfMemory', 'Grype ran out of memory');
    case 'resultTooLarge':
      return notEvaluated('matchingFailed', `the result is larger than ${outcome.limitBytes} bytes`);
    case 'cancelled':
      return { outcome: 'interrupted' };
    default:
      return notEvaluated('matchingFailed', outcome.detail);
  }
}
