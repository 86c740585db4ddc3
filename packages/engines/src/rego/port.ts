import type { CloudProvider, ControlInfo, Framework } from '@kso/controls';
import type { SourceEvent } from '@kso/domain';
import type { ControlResult, Degradation, GroupKind, RuleMatchDocument } from '@kso/wire';
import type { EvaluatedResource } from '../policy/port.ts';

/** Upstream's policies as they were read: from released artifacts, a cache folder, or a folder of custom rules. */
export interface PolicyArtifacts {
  /** Where they are from, for people: a folder or a URL without credentials. */
  readonly source: string;
  readonly controls: readonly RegoControl[];
  readonly frameworks: readonly Framework[];
  /** Control inputs by name, when the artifacts bring some (`default_config_inputs`, `controls-inputs.json`). */
  readonly inputs?: unknown;
  /** Exception policies, not parsed. */
  readonly exceptions?: unknown;
  /** Attack tracks, not parsed. */
  readonly attackTracks?: unknown;
  /** What could not be used of them; the rest is. */
  readonly problems: readonly Degradation[];
}

/** A control whose rules are written in Rego. */
export interface RegoControl {
  readonly info: ControlInfo;
  readonly rules: readonly RegoRule[];
  /** Control inputs that this control fixes, whatever a user configures. */
  readonly fixedInput: ControlInputLists;
  /** A person has to judge what it finds: findings are shown as not evaluated. */
  readonly requiresReview: boolean;
}

export type ControlInputLists = Readonly<Record<string, readonly string[]>>;

/** One rule: a Rego module of package `armo_builtins` (scanner.md 14). */
export interface RegoRule {
  readonly name: string;
  readonly text: string;
  /** Lists the resources that the rule is about, when that is not simply its input. */
  readonly enumerator: string | undefined;
  readonly match: readonly RuleMatchDocument[];
  /** Objects from outside the API: host data, cloud descriptions, image results. */
  readonly dynamicMatch: readonly RuleMatchDocument[];
  /** Names of the control inputs that it reads. */
  readonly inputs: readonly string[];
  readonly aggregator: RuleAggregator | undefined;
  /** It compares objects of several namespaces, so a large cluster must not be cut by namespace for it. */
  readonly requiresWholeInput: boolean;
}

/** Changes the input before the evaluation (scanner.md 14.3). */
export type RuleAggregator = 'subject-role-rolebinding' | 'apiserver-pod';

export interface RegoEngineOptions {
  readonly controls: readonly RegoControl[];
  /** Control inputs by name, also those that no control of our own reads. */
  readonly inputs: ControlInputLists;
  /** The process's environment: where `opa` and the cache of compiled modules are looked for. */
  readonly env: NodeJS.ProcessEnv;
  /** Path of `opa`; else it is looked for (`findProgram`). */
  readonly opa?: string | undefined;
  /** Folder of compiled modules; default `rego` beside the cached tools. */
  readonly cacheDirectory?: string | undefined;
  readonly limits?: Partial<RegoLimits> | undefined;
}

export interface RegoLimits {
  /** Of one evaluation of one rule, in ms. The thread that runs over it is ended and replaced. */
  readonly timeMs: number;
  /** Of the memory of one evaluation, in bytes. */
  readonly memoryBytes: number;
  /** Threads at the same time. */
  readonly threads: number;
  /** Objects in one evaluation; above it a rule gets the objects of some namespaces at a time. */
  readonly batchObjects: number;
}

/**
 * Evaluates controls written in Rego over the objects of one source, beside the policy engine: it takes the same events, and its
 * results are handed to that engine, where exceptions apply and results of both are joined. A rule is evaluated over all objects of its
 * kinds at once; after a change only rules whose kinds changed are evaluated again.
 */
export interface RegoEngine {
  /** Kinds that the rules read: what to watch. */
  readonly kinds: readonly GroupKind[];
  readonly controlIds: readonly string[];
  /** Takes over a change. Cheap: nothing is evaluated. */
  apply(event: SourceEvent): void;
  /** Takes over other control inputs: rules that are given others than before are evaluated again. */
  update(inputs: ControlInputLists): void;
  /** Who runs the cluster (`data.dataControlInputs.cloudProvider`, empty if nobody is known), which the nodes tell; as `update`. */
  setCloudProvider(provider: CloudProvider | undefined): void;
  /** Whether something changed that a rule reads, since the last evaluation. */
  readonly pending: boolean;
  /** All results as they are now. Never rejects for what rules do; rejects when `signal` aborts. */
  evaluate(signal?: AbortSignal): Promise<RegoEvaluation>;
  /** What a rule was given for a control, for the report (`controlConfigurations`). Undefined when it reads none. */
  inputsOf(controlId: string, rule: string): Record<string, string[]> | undefined;
  /** Ends the threads. */
  close(): Promise<void>;
}

export interface RegoEvaluation {
  /** By resource id, every control that looked at it. */
  readonly results: ReadonlyMap<string, readonly ControlResult[]>;
  /** The resources behind these ids. */
  readonly resources: ReadonlyMap<string, RegoResource>;
  /** Rules that could not be evaluated, each with the reason (known-bugs.md B02). */
  readonly problems: readonly Degradation[];
  /** By control, the kinds that its rules read and that could not be read. */
  readonly missingKinds: ReadonlyMap<string, readonly string[]>;
  readonly statistics: RegoStatistics;
}

export interface RegoStatistics {
  /** Modules that `opa` compiled, not found in the cache. */
  readonly compiled: number;
  /** Rules that were evaluated, not taken over from the evaluation before. */
  readonly evaluatedRules: number;
}

export interface RegoResource extends EvaluatedResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}
