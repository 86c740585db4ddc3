import { acceptedInFrameworks, hasLimitedExceptions } from '@kso/domain';
import type { ResourceResult } from '@kso/wire';

/**
 * The result as a report about these frameworks shows it: what exceptions cover in all of them that ask for the control is accepted.
 * The same object where no exception is limited to frameworks.
 */
export function acceptedIn(
  result: ResourceResult,
  frameworks: readonly { readonly name: string; readonly controls: readonly { readonly id: string }[] }[],
): ResourceResult {
  if (!result.controls.some(hasLimitedExceptions)) return result;
  const controls = result.controls.map((control) => {
    const asking = frameworks.filter(({ controls: members }) => members.some(({ id }) => id === control.controlId));
    return acceptedInFrameworks(
      control,
      asking.map(({ name }) => name),
    );
  });
  return { ...result, controls };
}
