import {
  builtInCatalogue,
  extendCatalogue,
  type PolicyCatalogue,
  type Selection,
  type SelectionResult,
  selectControls,
} from '@kso/controls';
import type { PosturePolicy } from '@kso/engines';
import type { PostureScanRequest } from '@kso/wire';
import type { RegoPolicies } from './rego-policies.ts';
import type { Session } from './session.ts';

/** What a request is about, for the report: `Framework`, `Control` or everything. */
export interface ScanTarget {
  readonly type: 'framework' | 'control' | 'all';
  readonly names: readonly string[];
}

/** Reads target type and names of a request (scanner.md 2.4): another type, no name, or the name `all` mean everything. */
export function targetOf({ targetType = '', targetNames = [] }: PostureScanRequest): ScanTarget {
  const type = targetType.trim().toLowerCase();
  const names = targetNames.map((name) => name.trim());
  if (type === 'control' && names.length > 0) return { type, names };
  if (type !== 'framework' || names.length === 0) return { type: 'all', names: [] };
  const named = names.filter((name) => name !== '' && name.toLowerCase() !== 'all');
  return named.length < names.length ? { type: 'all', names: named } : { type, names };
}

/** What can be asked for, and what is evaluated whatever is asked for. */
export type Selectable = Pick<RegoPolicies, 'catalogue' | 'everything' | 'always'>;

/** Nothing but what a catalogue has. */
export function selectable(catalogue: PolicyCatalogue): Selectable {
  return { catalogue, everything: catalogue, always: [] };
}

/** What can be asked for when a user has frameworks of his own, which may name controls of artifacts and our own. */
export function withFrameworksOf(
  policy: Pick<PosturePolicy, 'catalogue'> | undefined,
  policies: Selectable | undefined,
): Selectable | undefined {
  if (policy === undefined) return policies;
  const base = policies?.catalogue ?? builtInCatalogue;
  const others = new Set([...builtInCatalogue.frameworks, ...base.frameworks]);
  const frameworks = policy.catalogue.frameworks.filter((framework) => !others.has(framework));
  const catalogue = extendCatalogue(base, { frameworks });
  if (policies === undefined) return selectable(catalogue);
  const named = new Set(frameworks.flatMap(({ controls }) => controls.map(({ id }) => id)));
  const controls = catalogue.controls.filter(({ id }) => named.has(id));
  return { ...policies, catalogue, everything: extendCatalogue(policies.everything, { controls, frameworks }) };
}

/** What controls have to fit. */
export type Place = Pick<Selection, 'scope' | 'provider'>;

/** Who runs a cluster is seen by its nodes: known once everything has been read. */
export function placeOf({ scope, engine }: Pick<Session, 'scope' | 'engine'>): Place {
  return { scope, provider: engine.context().cloudProvider };
}

/** The controls and frameworks of a target, or the names that nothing is known by (B09). */
export function selectTarget(target: ScanTarget, place: Place, policies?: Selectable): SelectionResult {
  const selection = selectFrom(target, place, policies);
  if (!selection.ok || policies === undefined) return selection;
  const known = new Set(selection.controls.map(({ id }) => id));
  return { ...selection, controls: [...selection.controls, ...policies.always.filter(({ id }) => !known.has(id))] };
}

function selectFrom(target: ScanTarget, place: Place, policies: Selectable | undefined): SelectionResult {
  const catalogue = policies?.catalogue;
  switch (target.type) {
    case 'framework':
      return selectControls({ frameworks: target.names, ...place, catalogue });
    case 'control':
      return selectControls({ controls: target.names, ...place, catalogue });
    case 'all': {
      // Names beside `all` add nothing, but must not be misspelt.
      const named = selectControls({ frameworks: target.names, ...place, catalogue });
      return named.ok ? selectControls({ ...place, catalogue: policies?.everything }) : named;
    }
    default:
      return target.type satisfies never;
  }
}
