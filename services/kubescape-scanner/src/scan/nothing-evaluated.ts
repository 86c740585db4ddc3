import type { KsoError } from '@kso/kit';
import { fail } from '../errors.ts';
import type { Assembled } from './assemble.ts';

/** Why a scan has nothing to say: what could not be read, by name, or that there is nothing that a control judges. */
export function nothingEvaluated({ input }: Assembled): KsoError {
  const nothing = `none of ${input.controls.length} controls had an object to look at`;
  const { failedKinds } = input.coverage;
  const [first] = failedKinds;
  if (first === undefined) return fail('NOTHING_EVALUATED', { problem: unevaluatedOf(input.coverage) ?? nothing });
  const kinds = failedKinds.map(({ resource }) => resource).sort();
  return fail('NOTHING_EVALUATED', {
    problem: `${nothing}; these could not be read: ${kinds.join(', ')} (${first.error})`,
  });
}

/** The reasons, where not one of the controls that were asked for could be evaluated. */
function unevaluatedOf({
  evaluatedControls,
  notEvaluatedControls,
}: Assembled['input']['coverage']): string | undefined {
  if (evaluatedControls > 0 || notEvaluatedControls.length === 0) return undefined;
  const named = notEvaluatedControls.slice(0, maxNamed).map(({ controlId, reason }) => `${controlId}: ${reason}`);
  const more = notEvaluatedControls.length - named.length;
  return `${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

const maxNamed = 3;
