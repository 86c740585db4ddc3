import {
  attackTracks,
  builtInCatalogue,
  type ControlInfo,
  type ControlInputLayer,
  type ControlInputSource,
  controlInputSources,
  defaultResolvedInputs,
  extendCatalogue,
  type Framework,
  type PolicyCatalogue,
  parseAttackTrack,
  parseFrameworkDocument,
  type ResolvedControlInputs,
  resolveControlInputs,
} from '@kso/controls';
import { type AttackTrack, type ExceptionProblem, type PostureException, readExceptions } from '@kso/domain';
import type { Degradation, ExceptionSource } from '@kso/wire';

/** A policy document of whatever sort, or why it could not be read. */
export type PolicyDocument = {
  readonly source: ExceptionSource;
  /** For people: `file exceptions.json`. */
  readonly origin: string;
} & (
  | {
      readonly value: unknown;
      /** Set when an older copy stands for the document, with the reason. */
      readonly degraded?: string | undefined;
    }
  | { readonly problem: string }
);

/** Everything that a policy is made of besides what is built in, as it was read. */
export interface PolicySources {
  /** Controls that are evaluated elsewhere, e.g. in Rego. */
  readonly controls?: readonly ControlInfo[];
  /** Frameworks that have been read already, with those controls. */
  readonly readFrameworks?: readonly Framework[];
  /** One framework each, or a list of them. */
  readonly frameworks?: readonly PolicyDocument[];
  readonly controlInputs?: readonly PolicyDocument[];
  readonly exceptions?: readonly PolicyDocument[];
  readonly attackTracks?: readonly PolicyDocument[];
}

/** What to evaluate and how to take it: what the policy engine and a report are given. */
export interface PosturePolicy {
  readonly catalogue: PolicyCatalogue;
  readonly inputs: ResolvedControlInputs;
  readonly exceptions: readonly PostureException[];
  readonly attackTracks: readonly AttackTrack[];
  /** Exceptions of others that are wrong; a user's own are an error. */
  readonly problems: readonly ExceptionProblem[];
  /** What should have counted and does not; goes into the coverage of every scan (scanner.md 8.6). */
  readonly degradations: readonly Degradation[];
}

export type PosturePolicyResult =
  | { readonly ok: true; readonly policy: PosturePolicy }
  /** What a user gave is wrong: every problem, each in one line with the name of its document. */
  | { readonly ok: false; readonly problems: readonly string[] };

export const defaultPosturePolicy: PosturePolicy = {
  catalogue: builtInCatalogue,
  inputs: defaultResolvedInputs,
  exceptions: [],
  attackTracks,
  problems: [],
  degradations: [],
};

/**
 * Puts a policy together. Each sort of document has sources of its own, so that one from a file does not switch off another from the
 * account. What a user gave (a file, a request) and is wrong is an error; anything else that is wrong degrades the scan.
 */
export function loadPosturePolicy(sources: PolicySources): PosturePolicyResult {
  const findings = new Findings();
  const base = extendCatalogue(builtInCatalogue, {
    controls: sources.controls ?? [],
    frameworks: sources.readFrameworks ?? [],
  });
  const frameworks = readFrameworks(sources.frameworks ?? [], base, findings);
  const inputs = resolveControlInputs((sources.controlInputs ?? []).map((document) => inputLayer(document, findings)));
  if (!inputs.ok) findings.errors.push(...inputs.problems);
  const read = findings
    .values(sources.exceptions ?? [], 'exceptions')
    .map(({ document, value }) => ({ document, ...readExceptions(value, document) }));
  for (const { document, problems } of read)
    for (const { id, problem } of problems) findings.add(document, `exception ${id}`, problem);
  const tracks = readTracks(sources.attackTracks ?? [], base.controls, findings);
  if (findings.errors.length > 0 || !inputs.ok) return { ok: false, problems: findings.errors };
  return {
    ok: true,
    policy: {
      catalogue: extendCatalogue(base, { frameworks }),
      inputs: inputs.resolved,
      // What a request brings takes the place of what account and release have.
      exceptions: exceptionsInForce(read.flatMap(({ exceptions }) => exceptions)),
      attackTracks: tracks,
      problems: read.flatMap(({ problems }) => problems),
      degradations: [...findings.degradations, ...inputs.resolved.degradations],
    },
  };
}

/** Exceptions of a request take the place of those of the account and the release (scanner.md 2.4). */
export function exceptionsInForce(all: readonly PostureException[]): readonly PostureException[] {
  if (!all.some(({ source }) => source === 'request')) return all;
  return all.filter(({ source }) => source !== 'account' && source !== 'release');
}

/** Problems by who has to mend them. */
class Findings {
  readonly errors: string[] = [];
  readonly degradations: Degradation[] = [];

  add({ source, origin }: PolicyDocument, component: string, problem: string): void {
    if (source === 'file' || source === 'request') this.errors.push(`${origin}: ${problem}`);
    else this.degradations.push({ component, reason: problem });
  }

  /** The documents that could be read. */
  values(
    documents: readonly PolicyDocument[],
    sort: string,
  ): { readonly document: PolicyDocument; readonly value: unknown }[] {
    return documents.flatMap((document) => {
      const component = `${sort} of ${document.origin}`;
      if ('problem' in document) {
        this.add(document, component, document.problem);
        return [];
      }
      if (document.degraded !== undefined) this.degradations.push({ component, reason: document.degraded });
      return [{ document, value: document.value }];
    });
  }
}

function readFrameworks(documents: readonly PolicyDocument[], base: PolicyCatalogue, findings: Findings): Framework[] {
  return findings.values(documents, 'frameworks').flatMap(({ document, value }) =>
    listOf(value).flatMap((each) => {
      const parsed = parseFrameworkDocument(each, base);
      if (parsed.ok) return [parsed.framework];
      for (const problem of parsed.problems) findings.add(document, `frameworks of ${document.origin}`, problem);
      return [];
    }),
  );
}

function readTracks(
  documents: readonly PolicyDocument[],
  controls: readonly ControlInfo[],
  findings: Findings,
): readonly AttackTrack[] {
  const read = findings.values(documents, 'attack tracks').flatMap(({ document, value }) =>
    listOf(value).flatMap((each) => {
      const parsed = parseAttackTrack(each, controls);
      if (parsed.ok) return [parsed.track];
      findings.add(document, `attack tracks of ${document.origin}`, parsed.problem);
      return [];
    }),
  );
  return read.length === 0 ? attackTracks : read;
}

function inputLayer(document: PolicyDocument, findings: Findings): ControlInputLayer {
  const { origin } = document;
  const source = layerSource(document.source);
  if ('problem' in document) return { source, origin, problem: document.problem };
  if (document.degraded !== undefined)
    findings.degradations.push({ component: `control inputs of ${origin}`, reason: document.degraded });
  return { source, origin, value: document.value };
}

function layerSource(source: ExceptionSource): ControlInputSource {
  return controlInputSources.find((each) => each === source) ?? 'file';
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [value];
}
