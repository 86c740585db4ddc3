import type { CloudProvider, ControlInfo, MissingSource } from './control-info.ts';
import type { Framework } from './frameworks.ts';
import { builtInCatalogue, type PolicyCatalogue } from './policy-catalogue.ts';

/** What a scan is about: frameworks and single controls; neither means everything. All names are matched without case. */
export interface Selection {
  readonly frameworks?: readonly string[] | undefined;
  /** Ids or names of controls, as in the two below. */
  readonly controls?: readonly string[] | undefined;
  /** Of what is selected, these only. */
  readonly includeControls?: readonly string[] | undefined;
  /** Of what is selected, all but these. */
  readonly excludeControls?: readonly string[] | undefined;
  /** `file` for manifests, otherwise `cluster`. Controls that do not fit are left out of frameworks. */
  readonly scope: 'cluster' | 'file';
  /** Who runs the cluster, if it is a managed one: controls for this provider fit then, too. `any`: before it is known. */
  readonly provider?: CloudProvider | 'any' | undefined;
  /** Default: what is built in. */
  readonly catalogue?: PolicyCatalogue | undefined;
}

export type SelectionResult =
  | {
      readonly ok: true;
      readonly controls: readonly ControlInfo[];
      readonly frameworks: readonly Framework[];
      /** Ids of those controls that were named and do not fit: they are shown, and not evaluated, whatever they are written in. */
      readonly elsewhere: ReadonlySet<string>;
    }
  | SelectionFailure;

/** A typing error must not turn into a scan of nothing (known-bugs.md B09). */
export interface SelectionFailure {
  readonly ok: false;
  /** `unknown`: there is no such name. `empty`: all names are known, and the filters leave nothing. */
  readonly reason: 'unknown' | 'empty';
  /** All that nothing is known by, as they were given. */
  readonly unknown: readonly string[];
  /** One sentence for people. */
  readonly problem: string;
}

/**
 * Finds the controls of a selection, each once in catalogue order, and the frameworks to be reported, limited to these controls.
 * Those of frameworks that do not fit the scope are left out: a list may be empty, and then the scan has nothing to evaluate. One that was
 * named itself stays, as one whose source is missing: a gate must not turn green because its control was dropped (known-bugs.md B09).
 */
export function selectControls(selection: Selection): SelectionResult {
  const { frameworks: names = [], controls: ids = [], includeControls = [], excludeControls = [] } = selection;
  const catalogue = selection.catalogue ?? builtInCatalogue;
  const lookup = new Lookup(catalogue);
  const asked = {
    frameworks: names.map((name) => lookup.framework(name)).filter((found) => found !== undefined),
    controls: lookup.controls(ids),
    included: lookup.controls(includeControls),
    excluded: lookup.controls(excludeControls),
  };
  if (lookup.unknown.length > 0) return unknownNames(lookup.unknown, catalogue);

  const everything = names.length === 0 && ids.length === 0;
  const frameworks = everything ? catalogue.frameworks : asked.frameworks;
  const wanted = new Set([...frameworks.flatMap(({ controls }) => controls.map(({ id }) => id)), ...asked.controls]);
  const isSelected = ({ id }: ControlInfo): boolean =>
    (everything || wanted.has(id)) &&
    (includeControls.length === 0 || asked.included.has(id)) &&
    !asked.excluded.has(id);
  const selected = catalogue.controls.filter(isSelected);
  if (selected.length === 0)
    return { ok: false, reason: 'empty', unknown: [], problem: 'the selection leaves no control' };
  const fitting = selected.filter((info) => fits(info, selection));
  const inScope = new Set(fitting.map(({ id }) => id));
  const controls = selected.flatMap((info): ControlInfo[] => {
    if (inScope.has(info.id)) return [info];
    return asked.controls.has(info.id) ? [{ ...info, missingSource: placeOf(info, selection) }] : [];
  });
  const elsewhere = new Set(controls.map(({ id }) => id).filter((id) => !inScope.has(id)));
  return { ok: true, controls, frameworks: frameworks.map((framework) => limitedTo(framework, inScope)), elsewhere };
}

/** Looks names up and notes those that nothing is known by. */
class Lookup {
  readonly unknown: string[] = [];
  readonly #catalogue: PolicyCatalogue;

  constructor(catalogue: PolicyCatalogue) {
    this.#catalogue = catalogue;
  }

  framework(name: string): Framework | undefined {
    const found = this.#catalogue.frameworks.find((framework) => folded(framework.name) === folded(name));
    if (found === undefined) this.unknown.push(name);
    return found;
  }

  /** The ids that are meant; a name that several controls share means all of them. */
  controls(names: readonly string[]): ReadonlySet<string> {
    return new Set(
      names.flatMap((name) => {
        const byId = this.#catalogue.controls.filter(({ id }) => folded(id) === folded(name));
        const found =
          byId.length > 0 ? byId : this.#catalogue.controls.filter((info) => folded(info.name) === folded(name));
        if (found.length === 0) this.unknown.push(name);
        return found.map(({ id }) => id);
      }),
    );
  }
}

function folded(name: string): string {
  return name.trim().toLowerCase();
}

const maxNamed = 20;

function unknownNames(unknown: readonly string[], { frameworks }: PolicyCatalogue): SelectionFailure {
  const named = unknown.slice(0, maxNamed).map((name) => `"${name.slice(0, 80)}"`);
  const more = unknown.length > maxNamed ? ` and ${unknown.length - maxNamed} more` : '';
  const known = frameworks.map(({ name }) => name).join(', ');
  const problem = `there is no control or framework named ${named.join(', ')}${more}; frameworks are ${known}`;
  return { ok: false, reason: 'unknown', unknown, problem };
}

function fits({ scopes }: ControlInfo, { scope, provider }: Selection): boolean {
  if (scopes.length === 0 || scopes.includes(scope)) return true;
  if (scope === 'file' || provider === undefined) return false;
  return provider === 'any' || scopes.includes('cloud') || scopes.includes(provider);
}

/** What a scan would have to be about for the control to fit. */
function placeOf({ scopes }: ControlInfo, { scope }: Selection): MissingSource {
  if (scope === 'file' && scopes.includes('cluster')) return 'a running cluster';
  const provider = cloudProviders.find((name) => scopes.includes(name));
  return provider === undefined ? 'a managed cluster' : `a cluster of ${provider}`;
}

const cloudProviders: readonly CloudProvider[] = ['EKS', 'AKS', 'GKE'];

/** The framework without the controls that are left out. */
function limitedTo(framework: Framework, kept: ReadonlySet<string>): Framework {
  return { ...framework, controls: framework.controls.filter(({ id }) => kept.has(id)) };
}
