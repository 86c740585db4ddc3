import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { CloudProvider } from '@kso/controls';
import type { SourceEvent } from '@kso/domain';
import type { ControlResult, Degradation, GroupKind, RuleResult, Verdict, VerdictStatus } from '@kso/wire';
import { toolCacheDirectory } from '../programs/index.ts';
import { RegoCompiler } from './compile/compiler.ts';
import { ModuleCache } from './compile/module-cache.ts';
import { groupKindOf } from './match.ts';
import { RegoObjects } from './objects.ts';
import type {
  ControlInputLists,
  RegoControl,
  RegoEngine,
  RegoEngineOptions,
  RegoEvaluation,
  RegoLimits,
  RegoResource,
} from './port.ts';
import { type InputItem, inputKey, inputOf } from './rule-input.ts';
import { evaluateRun, newRun, type RuleRun, type RunContext } from './rule-run.ts';
import { RegoPool } from './run/pool.ts';

export const defaultRegoLimits: RegoLimits = {
  timeMs: 30_000,
  memoryBytes: 512 * 1024 * 1024,
  threads: Math.max(1, Math.min(4, availableParallelism() - 1)),
  batchObjects: 2500,
};

/** Of a thread, for what a rule answers. */
const heapMegabytes = 512;

/** Makes the engine. It starts without objects; `apply` brings them in. Threads start when something is evaluated. */
export function createRegoEngine(options: RegoEngineOptions): RegoEngine {
  return new ThreadedRegoEngine(options);
}

interface PlannedControl {
  readonly control: RegoControl;
  readonly runs: readonly RuleRun[];
  /** Made of these outcomes: as long as they stand, its results are the same objects. */
  made: { readonly outcomes: readonly unknown[]; readonly results: ReadonlyMap<string, ControlResult> } | undefined;
  /** Why it says nothing whatever its rules find. */
  readonly unconfigured: string | undefined;
}

class ThreadedRegoEngine implements RegoEngine {
  readonly kinds: readonly GroupKind[];
  readonly controlIds: readonly string[];
  readonly #limits: RegoLimits;
  readonly #options: RegoEngineOptions;
  #controls: readonly PlannedControl[] = [];
  #runs: readonly RuleRun[] = [];
  #inputs: ReadonlyMap<string, Record<string, string[]>> = new Map();
  /** What the present plan was made with. */
  #planned = '';
  #given: ControlInputLists = {};
  #cloudProvider: CloudProvider | undefined;
  readonly #objects: RegoObjects;
  readonly #cache: ModuleCache;
  readonly #compiler: RegoCompiler;
  readonly #pool: RegoPool;
  #results: ReadonlyMap<string, readonly ControlResult[]> = new Map();

  constructor(options: RegoEngineOptions) {
    const { controls, env, opa, limits } = options;
    const definedLimits = Object.entries(limits ?? {}).filter(([, value]) => value !== undefined);
    this.#limits = { ...defaultRegoLimits, ...Object.fromEntries(definedLimits) };
    this.#options = options;
    this.update(options.inputs);
    const names = [...new Set(this.#runs.flatMap((run) => run.kinds))];
    this.kinds = names.map(groupKindOf);
    this.controlIds = controls.map(({ info }) => info.id);
    this.#objects = new RegoObjects(names);
    this.#cache = new ModuleCache(options.cacheDirectory ?? join(dirname(toolCacheDirectory(env)), 'rego'));
    this.#compiler = new RegoCompiler({ env, opa, cache: this.#cache });
    this.#pool = new RegoPool({ threads: this.#limits.threads, timeMs: this.#limits.timeMs, heapMegabytes });
  }

  get pending(): boolean {
    return this.#objects.hasChanges || this.#runs.some(({ outcome }) => outcome === undefined);
  }

  apply(event: SourceEvent): void {
    this.#objects.apply(event);
  }

  update(inputs: ControlInputLists): void {
    this.#plan(inputs, this.#cloudProvider);
  }

  setCloudProvider(provider: CloudProvider | undefined): void {
    this.#plan(this.#given, provider);
  }

  #plan(inputs: ControlInputLists, cloudProvider: CloudProvider | undefined): void {
    const planned = JSON.stringify([inputs, cloudProvider]);
    if (planned === this.#planned) return;
    this.#planned = planned;
    this.#given = inputs;
    this.#cloudProvider = cloudProvider;
    const options = { ...this.#options, inputs, cloudProvider };
    const before = new Map(this.#runs.map((run) => [runKey(run), run]));
    const runs = new Map<string, RuleRun>();
    this.#controls = options.controls.map((control) => plan(control, options, { runs, before }));
    // Rules with the same input one after the other: it is put into JSON once.
    const keyed = [...runs.values()].map((run) => ({ run, key: inputKey(run.rule) }));
    this.#runs = keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ run }) => run);
    this.#inputs = new Map(options.controls.flatMap((control) => configuredInputs(control, options)));
  }

  async evaluate(signal?: AbortSignal): Promise<RegoEvaluation> {
    const statistics = { compiled: 0, evaluatedRules: 0 };
    // Other control inputs may come meanwhile.
    do {
      const changed = this.#objects.takeChanged();
      const due = this.#runs.filter(
        ({ outcome, kinds }) => outcome === undefined || kinds.some((kind) => changed.has(kind)),
      );
      // What is broken off is due again.
      for (const run of due) run.outcome = undefined;
      await this.#evaluateAll(due, signal);
      signal?.throwIfAborted();
      statistics.compiled += due.reduce((sum, { outcome }) => sum + (outcome?.compiled ?? 0), 0);
      statistics.evaluatedRules += due.length;
    } while (this.#runs.some(({ outcome }) => outcome === undefined));
    if (statistics.compiled > 0) await this.#cache.prune();
    return { ...this.#assembled(), statistics };
  }

  inputsOf(controlId: string, ruleName: string): Record<string, string[]> | undefined {
    return this.#inputs.get(`${controlId}/${ruleName}`);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  /** As many rules at a time as there are threads, so that no more inputs are in memory. */
  async #evaluateAll(due: readonly RuleRun[], signal: AbortSignal | undefined): Promise<void> {
    const context: RunContext = {
      objects: this.#objects,
      compiler: this.#compiler,
      pool: this.#pool,
      limits: this.#limits,
      signal,
    };
    const isAborted = (): boolean => signal?.aborted === true;
    const waiting = due.values();
    let latest: { readonly key: string; readonly items: readonly InputItem[] } | undefined;
    const itemsOf = (run: RuleRun): readonly InputItem[] => {
      const key = inputKey(run.rule);
      if (latest?.key !== key) latest = { key, items: inputOf(run.rule, this.#objects) };
      return latest.items;
    };
    const work = async (): Promise<void> => {
      for (const run of waiting) {
        if (isAborted()) return;
        run.outcome = await evaluateRun(run, itemsOf(run), context);
        // Cut short by the signal: what came of it says nothing.
        if (isAborted()) run.outcome = undefined;
      }
    };
    await Promise.all(Array.from({ length: this.#limits.threads }, work));
  }

  #assembled(): Omit<RegoEvaluation, 'statistics'> {
    const lists = new Map<string, ControlResult[]>();
    const resources = new Map<string, RegoResource>();
    const missingKinds = new Map<string, readonly string[]>();
    for (const planned of this.#controls) {
      const { id } = planned.control.info;
      for (const [resourceId, result] of resultsOf(planned)) {
        const list = lists.get(resourceId);
        if (list === undefined) lists.set(resourceId, [result]);
        else list.push(result);
      }
      const missing = planned.runs.flatMap(({ kinds }) => kinds.filter((kind) => this.#objects.isFailed(kind)));
      if (missing.length > 0) missingKinds.set(id, [...new Set(missing)]);
    }
    // Who compares sees by the object that nothing has changed.
    const results = new Map<string, readonly ControlResult[]>();
    for (const [id, list] of lists) {
      const before = this.#results.get(id);
      const isSame = before?.length === list.length && before.every((result, at) => result === list[at]);
      results.set(id, isSame ? before : list);
    }
    this.#results = results;
    for (const { outcome } of this.#runs) {
      for (const [id, resource] of outcome?.resources ?? []) if (results.has(id)) resources.set(id, resource);
    }
    return { results, resources, missingKinds, problems: this.#problems() };
  }

  #problems(): Degradation[] {
    const problems = new Map<string, Degradation>();
    for (const { rule, outcome } of this.#runs) {
      const reason = outcome?.problem;
      if (reason === undefined) continue;
      const component = `rule ${rule.name}`;
      problems.set(component, { component, reason: `error, not evaluated: ${reason}` });
    }
    return [...problems.values()];
  }
}

interface PlanOptions extends RegoEngineOptions {
  readonly cloudProvider: CloudProvider | undefined;
}

interface Runs {
  /** By what makes them different; controls share them. */
  readonly runs: Map<string, RuleRun>;
  /** Of the plan before: what they have found stays true. */
  readonly before: ReadonlyMap<string, RuleRun>;
}

function runKey({ rule, data }: RuleRun): string {
  return JSON.stringify([rule.name, rule.text, rule.enumerator, data, inputKey(rule)]);
}

function plan(control: RegoControl, options: PlanOptions, { runs, before }: Runs): PlannedControl {
  const { info, rules, fixedInput } = control;
  const { inputs, cloudProvider = '' } = options;
  // What only people can answer is shown as such by the summary, when nothing was evaluated.
  const evaluated = info.actionRequired === 'manual review' ? [] : rules;
  const own = evaluated.map((rule) => {
    const run = newRun(rule, inputs, fixedInput, cloudProvider);
    const key = runKey(run);
    const known = runs.get(key) ?? before.get(key) ?? run;
    runs.set(key, known);
    return known;
  });
  const names = [...new Set(rules.flatMap((rule) => rule.inputs))];
  const isEmpty = names.length > 0 && names.every((name) => (fixedInput[name] ?? inputs[name] ?? []).length === 0);
  const unconfigured =
    info.actionRequired === 'configuration' && isEmpty
      ? `all control inputs are empty: ${names.join(', ')}`
      : undefined;
  return { control, runs: own, made: undefined, unconfigured };
}

/** By control and rule. */
function configuredInputs({ info, rules, fixedInput }: RegoControl, { inputs }: RegoEngineOptions) {
  return rules
    .filter((rule) => rule.inputs.length > 0)
    .map((rule) => {
      const lists = rule.inputs.map((name): [string, string[]] => [
        name,
        [...(fixedInput[name] ?? inputs[name] ?? [])],
      ]);
      return [`${info.id}/${rule.name}`, Object.fromEntries(lists)] as const;
    });
}

const order: readonly VerdictStatus[] = ['passed', 'notEvaluated', 'failed'];

function resultsOf(planned: PlannedControl): ReadonlyMap<string, ControlResult> {
  const outcomes = planned.runs.map(({ outcome }) => outcome);
  const { made } = planned;
  if (made !== undefined && outcomes.every((outcome, at) => outcome === made.outcomes[at])) return made.results;
  const results = controlResults(planned);
  planned.made = { outcomes, results };
  return results;
}

function controlResults(planned: PlannedControl): Map<string, ControlResult> {
  const { control, runs } = planned;
  const byResource = new Map<string, RuleResult[]>();
  for (const { rule, outcome } of runs)
    for (const [id, verdict] of outcome?.verdicts ?? []) {
      const result = { rule: rule.name, verdict: verdictFor(verdict, planned) };
      const list = byResource.get(id);
      if (list === undefined) byResource.set(id, [result]);
      else list.push(result);
    }
  // Most results of a control are the same pass: they share one object, and reports print it once.
  const passes = new Map<string, ControlResult>();
  const results = new Map<string, ControlResult>();
  for (const [id, rules] of byResource) {
    const status = worst(rules);
    const make = (): ControlResult => ({ controlId: control.info.id, status, rules });
    if (status !== 'passed') {
      results.set(id, make());
      continue;
    }
    const key = rules.map(({ rule }) => rule).join('\n');
    const shared = passes.get(key) ?? make();
    passes.set(key, shared);
    results.set(id, shared);
  }
  return results;
}

function verdictFor(verdict: Verdict, { control, unconfigured }: PlannedControl): Verdict {
  if (unconfigured !== undefined) return { status: 'notEvaluated', reason: 'configuration', detail: unconfigured };
  if (verdict.status !== 'failed' || !control.requiresReview) return verdict;
  const [{ message }] = verdict.findings;
  return { status: 'notEvaluated', reason: 'error', detail: `a person has to judge it: ${message}` };
}

function worst(rules: readonly RuleResult[]): VerdictStatus {
  return rules.reduce<VerdictStatus>(
    (status, { verdict }) => (order.indexOf(verdict.status) > order.indexOf(status) ? verdict.status : status),
    'passed',
  );
}
