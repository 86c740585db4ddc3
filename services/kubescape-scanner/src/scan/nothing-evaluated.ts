import type { KsoError } from '@kso/kit';
import { fail } from '../errors.ts';
import type { Assembled } from './assemble.ts';

/** Why a scan has nothing to say: what could not be read, by name, or that there is nothing that a control judges. */
export function nothingEvaluated({ input }: Assembled): KsoError {
  const nothing = `none of ${input.controls.length} controls had an object to look at`;
  const { failedKinds } = input.coverage;
  const [first] = failedKinds;
  if (first === undefined) return fail('NOTHING_EVALUATED', { problem: nothing });
  const kinds = failedKinds.map(({ resource }) => resource).sort();
  return fail('NOTHING_EVALUATED', {
    problem: `${nothing}; these could not be read: ${kinds.join(', ')} (${first.error})`,
  });
}
