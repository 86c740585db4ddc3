import type { Degradation } from '@kso/wire';
import { type ControlInputs, defaultControlInputs } from './inputs.ts';
import { type ParsedControlInputs, parseControlInputs } from './parse-control-inputs.ts';

/** Where control inputs are from, the strongest first. */
export const controlInputSources = ['file', 'account', 'cluster', 'release'] as const;
export type ControlInputSource = (typeof controlInputSources)[number];

/** Control inputs of one source, or why they could not be read. */
export type ControlInputLayer = {
  readonly source: ControlInputSource;
  /** For people: `file inputs.json`. */
  readonly origin: string;
} & ({ readonly value: unknown } | { readonly problem: string });

export interface ResolvedControlInputs {
  /** What they were resolved from, so that another source can join. */
  readonly layers: readonly ControlInputLayer[];
  readonly inputs: ControlInputs;
  /** By name, those that only custom rules read included. */
  readonly all: Readonly<Record<string, readonly string[]>>;
  /** Where each list is from that is not the built-in one. */
  readonly origins: Readonly<Record<string, string>>;
  /** Sources that should have counted and did not. */
  readonly degradations: readonly Degradation[];
}

export type ControlInputsResult =
  | { readonly ok: true; readonly resolved: ResolvedControlInputs }
  /** A user's own file is wrong. */
  | { readonly ok: false; readonly problems: readonly string[] };

export const defaultResolvedInputs: ResolvedControlInputs = {
  layers: [],
  inputs: defaultControlInputs,
  all: defaultControlInputs,
  origins: {},
  degradations: [],
};

/**
 * Each input from the strongest source that has it: the user's file, the account, the custom resource, the release, the built-in list
 * (scanner.md 13). A file that is wrong is an error; any other source that is wrong degrades the scan, and the next one counts.
 */
export function resolveControlInputs(layers: readonly ControlInputLayer[]): ControlInputsResult {
  const read = layers.map((layer) => ({ layer, parsed: parsedLayer(layer) }));
  const wrong = read.flatMap(({ layer, parsed }) => parsed.problems.map((problem) => ({ layer, problem })));
  const errors = wrong.filter(({ layer }) => layer.source === 'file');
  if (errors.length > 0)
    return { ok: false, problems: errors.map(({ layer, problem }) => `${layer.origin}: ${problem}`) };

  const all: Record<string, readonly string[]> = { ...defaultControlInputs };
  const origins: Record<string, string> = {};
  const rank = ({ source }: ControlInputLayer): number => controlInputSources.indexOf(source);
  for (const { layer, parsed } of read.toSorted((a, b) => rank(b.layer) - rank(a.layer))) {
    for (const [name, list] of Object.entries({ ...parsed.others, ...parsed.inputs })) {
      all[name] = list;
      origins[name] = layer.origin;
    }
  }
  const degradations = wrong.map(({ layer, problem }) => ({
    component: `control inputs of ${layer.origin}`,
    reason: problem,
  }));
  return {
    ok: true,
    resolved: { layers, inputs: all as Record<string, readonly string[]> & ControlInputs, all, origins, degradations },
  };
}

/** The same with one source more, which is no file: what is wrong in it degrades. */
export function withInputLayer(
  resolved: ResolvedControlInputs,
  layer: ControlInputLayer & { readonly source: Exclude<ControlInputSource, 'file'> },
): ResolvedControlInputs {
  const result = resolveControlInputs([...resolved.layers, layer]);
  return result.ok ? result.resolved : resolved;
}

function parsedLayer(layer: ControlInputLayer): ParsedControlInputs {
  return 'problem' in layer ? { inputs: {}, others: {}, problems: [layer.problem] } : parseControlInputs(layer.value);
}
