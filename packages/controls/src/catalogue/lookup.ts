import type { CloudProvider, ControlInfo } from './control-info.ts';
import { controlCatalogue } from './controls.ts';
import type { Framework } from './frameworks.ts';
import { builtInCatalogue, type PolicyCatalogue } from './policy-catalogue.ts';

const byId = new Map(controlCatalogue.map((info) => [info.id, info]));

/** What is known about a control. @throws TypeError for an id that the library does not have: callers select by `selectControls`. */
export function controlInfo(id: string): ControlInfo {
  const info = byId.get(id);
  if (info === undefined) throw new TypeError(`no control ${id} in the catalogue`);
  return info;
}

/** What a scan is about: frameworks and single controls; neither means everything. Names and ids are matched without case. */
export interface Selection {
  readonly frameworks?: readonly string[] | undefined;
  readonly controls?: readonly string[] | undefined;
  /** Controls that do not fit are left out: `file` for manifests, otherwise `cluster`. */
  readonly scope: 'cluster' | 'file';
  /** Who runs the cluster, if it is a managed one: controls for this provider fit then, too. */
  readonly provider?: CloudProvider | undefined;
  /** Where names are looked up; default: the built-in controls and frameworks. */
  readonly catalogue?: PolicyCatalogue | undefined;
}

export type SelectionResult =
  | { readonly ok: true; readonly controls: readonly ControlInfo[]; readonly frameworks: readonly Framework[] }
  /** Ids and names that nothing is known by: a typing error must not turn into a scan of nothing (known-bugs.md B09). */
  | { readonly ok: false; readonly unknown: readonly string[] };

/** Finds the controls of a selection, each once in catalogue order, and the frameworks to be reported, limited to these controls. */
export function selectControls(selection: Selection): SelectionResult {
  const { frameworks: names = [], controls: ids = [], catalogue = builtInCatalogue } = selection;
  const foundFrameworks = names.map((name) => [name, findFramework(name, catalogue)] as const);
  const foundControls = ids.map((id) => [id, findControl(id, catalogue)] as const);
  const unknown = [...foundFrameworks, ...foundControls].flatMap(([text, found]) =>
    found === undefined ? [text] : [],
  );
  if (unknown.length > 0) return { ok: false, unknown };

  const everything = names.length === 0 && ids.length === 0;
  const wantedFrameworks = everything
    ? catalogue.frameworks
    : foundFrameworks.flatMap(([, found]) => (found === undefined ? [] : [found]));
  const wanted = new Set([
    ...wantedFrameworks.flatMap(({ controls }) => controls.map(({ id }) => id)),
    ...foundControls.map(([, info]) => info?.id),
  ]);
  const controls = catalogue.controls.filter((info) => fits(info, selection) && (everything || wanted.has(info.id)));
  const inScope = new Set(controls.map(({ id }) => id));
  return {
    ok: true,
    controls,
    frameworks: wantedFrameworks.map((framework) => limitedTo(framework, inScope)),
  };
}

function fits({ scopes }: ControlInfo, { scope, provider }: Selection): boolean {
  if (scopes.includes(scope)) return true;
  return scope === 'cluster' && provider !== undefined && (scopes.includes('cloud') || scopes.includes(provider));
}

/** The framework without the controls that do not fit the scan. */
function limitedTo(framework: Framework, inScope: ReadonlySet<string>): Framework {
  return { ...framework, controls: framework.controls.filter(({ id }) => inScope.has(id)) };
}

function findFramework(name: string, { frameworks }: PolicyCatalogue): Framework | undefined {
  const wanted = name.trim().toLowerCase();
  return frameworks.find((framework) => framework.name.toLowerCase() === wanted);
}

function findControl(id: string, { controls }: PolicyCatalogue): ControlInfo | undefined {
  const wanted = id.trim().toLowerCase();
  return controls.find((info) => info.id.toLowerCase() === wanted);
}
