import {
  builtInCatalogue,
  type ControlInfo,
  type ControlInputs,
  defaultControlInputs,
  extendCatalogue,
  type PolicyCatalogue,
} from '@kso/controls';
import { isRecord } from '@kso/domain';
import {
  type ControlInputLists,
  createRegoEngine,
  type LoadedArtifacts,
  loadArtifacts,
  loadCustomRules,
  type PolicyArtifacts,
  type PolicyDocument,
  type RegoControl,
  type RegoEngine,
} from '@kso/engines';
import type { Degradation } from '@kso/wire';
import { fail } from '../errors.ts';
import { noPolicy, type PolicyDocuments } from '../policy/policy-documents.ts';

/** Where policies in Rego are from; see `loadArtifacts` and `loadCustomRules`. */
export interface RegoSources {
  /** A folder or URL with artifacts of the existing product. */
  readonly artifacts?: string | undefined;
  /** A folder with a `.rego` file for each control. */
  readonly customRules?: string | undefined;
}

/** Controls in Rego for a scan, beside our own. */
export interface RegoPolicies {
  /** What they add to a catalogue. */
  readonly added: PolicyCatalogue;
  /** Where names are looked up: artifacts come before our own of the same name. */
  readonly catalogue: PolicyCatalogue;
  /** What a scan is about that names nothing: all of the artifacts, if there are some. */
  readonly everything: PolicyCatalogue;
  /** Evaluated whatever a scan is about. */
  readonly always: readonly ControlInfo[];
  readonly controls: ReadonlyMap<string, RegoControl>;
  /** Of the artifacts; a user's own come before them. */
  readonly inputs: ControlInputLists;
  /** What artifacts bring besides controls and frameworks, for the policy: exceptions, control inputs, attack tracks. */
  readonly documents: PolicyDocuments;
  readonly problems: readonly Degradation[];
}

/** Undefined when there are none. @throws POLICIES_UNREADABLE */
export async function loadRegoPolicies(
  { artifacts, customRules }: RegoSources,
  options: { readonly env: NodeJS.ProcessEnv; readonly signal?: AbortSignal | undefined },
): Promise<RegoPolicies | undefined> {
  const released = await loaded(artifacts, (from) => loadArtifacts(from, options));
  const custom = await loaded(customRules, loadCustomRules);
  if (released === undefined && custom === undefined) return undefined;
  const read = [released, custom].filter((each) => each !== undefined);
  const always = custom?.controls.map(({ info }) => info) ?? [];
  const added = extendCatalogue(released === undefined ? empty : catalogueOf(released), { controls: always });
  return {
    added,
    catalogue: extendCatalogue(builtInCatalogue, added),
    everything: released === undefined ? extendCatalogue(builtInCatalogue, added) : added,
    always,
    controls: new Map(read.flatMap(({ controls }) => controls).map((control) => [control.info.id, control])),
    inputs: inputLists(released?.inputs),
    documents: documentsOf(released),
    problems: read.flatMap(({ problems }) => problems),
  };
}

/** The engine for those of the selected controls that are in Rego. */
export function regoEngine(
  policies: RegoPolicies,
  selected: readonly ControlInfo[],
  inputs: ControlInputs = defaultControlInputs,
): RegoEngine {
  const controls = selected.flatMap(({ id }) => policies.controls.get(id) ?? []);
  return createRegoEngine({ controls, inputs: regoInputs(policies, inputs), env: process.env });
}

/** Control inputs for rules: what the user has changed, then what the artifacts bring, then the defaults. */
export function regoInputs({ inputs }: Pick<RegoPolicies, 'inputs'>, configured: ControlInputs): ControlInputLists {
  const changed = Object.entries(configured).filter(
    ([name, list]) => defaultControlInputs[name as keyof ControlInputs] !== list,
  );
  return { ...defaultControlInputs, ...inputs, ...Object.fromEntries(changed) };
}

async function loaded(
  from: string | undefined,
  load: (from: string) => Promise<LoadedArtifacts>,
): Promise<PolicyArtifacts | undefined> {
  if (from === undefined) return undefined;
  const result = await load(from);
  if (!result.ok) throw fail('POLICIES_UNREADABLE', { problem: result.problem });
  return result.artifacts;
}

function documentsOf(released: PolicyArtifacts | undefined): PolicyDocuments {
  if (released === undefined) return noPolicy;
  const document = (value: unknown): PolicyDocument[] =>
    value === undefined ? [] : [{ source: 'release', origin: `artifacts of ${released.source}`, value }];
  return {
    frameworks: [],
    exceptions: document(released.exceptions),
    controlInputs: document(released.inputs),
    attackTracks: document(released.attackTracks),
  };
}

const empty: PolicyCatalogue = { controls: [], frameworks: [] };

function catalogueOf({ controls, frameworks }: PolicyArtifacts): PolicyCatalogue {
  return { controls: controls.map(({ info }) => info), frameworks };
}

/** `default_config_inputs` of a release, or the flat map of a cache folder (scanner.md 13). */
function inputLists(document: unknown): ControlInputLists {
  const settings = isRecord(document) ? document['settings'] : undefined;
  const lists = isRecord(settings) ? settings['postureControlInputs'] : document;
  if (!isRecord(lists)) return {};
  return Object.fromEntries(Object.entries(lists).filter((entry): entry is [string, string[]] => isTexts(entry[1])));
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
