import { type ControlInputs, selectControls } from '@kso/controls';
import type { ObjectSource } from '@kso/domain';
import type { ControlInputLists, RegoEngine } from '@kso/engines';
import type { Degradation } from '@kso/wire';
import { type RegoPolicies, regoEngine, regoInputs } from '../scan/rego-policies.ts';
import { scopeOf } from '../scan/session.ts';

/** Policies in Rego that a scanner has at present. Plain data: it goes to the evaluating thread. */
export interface ServiceRego {
  /** Differs when what is evaluated differs. */
  readonly version: string;
  readonly policies?: RegoPolicies;
  /** What could not be used of them; every report says so. */
  readonly problems: readonly Degradation[];
}

export const noRego: ServiceRego = { version: '', problems: [] };

/** What evaluates them over a source; undefined without any. Its threads start when something is evaluated. */
export function openRego(
  { policies }: ServiceRego,
  sourceType: ObjectSource['type'],
  inputs: ControlInputs,
): RegoEngine | undefined {
  if (policies === undefined) return undefined;
  const selection = selectControls({
    scope: scopeOf({ type: sourceType }),
    provider: 'any',
    catalogue: policies.added,
  });
  return regoEngine(policies, selection.ok ? selection.controls : [], inputs);
}

/** Control inputs for their rules out of those of a policy. */
export function inputsForRego({
  policies,
}: ServiceRego): ((configured: ControlInputs) => ControlInputLists) | undefined {
  return policies === undefined ? undefined : (configured) => regoInputs(policies, configured);
}
