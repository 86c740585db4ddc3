import { kindName, podMakingKinds } from '@kso/controls';
import type { Finding, UnevaluatedReason, Verdict } from '@kso/wire';
import type { Compiled, RegoCompiler } from './compile/compiler.ts';
import { FindingReader } from './findings.ts';
import { missingSourceOf } from './missing-source.ts';
import type { RegoObjects } from './objects.ts';
import type { ControlInputLists, RegoLimits, RegoResource, RegoRule } from './port.ts';
import { resourceOfItem } from './resource.ts';
import { batchesOf, encoded, externalItems, type InputItem, kindNamesOf } from './rule-input.ts';
import type { RegoPool } from './run/pool.ts';
import type { RawFinding } from './run/protocol.ts';

/** One rule with the control inputs of one control: what is evaluated. Controls with the same inputs share it. */
export interface RuleRun {
  readonly rule: RegoRule;
  readonly kinds: readonly string[];
  /** `data` of the rule, JSON. */
  readonly data: string;
  /** Of the last evaluation; undefined before the first and after one that was broken off. */
  outcome: RuleOutcome | undefined;
}

export interface RuleOutcome {
  /** By resource id. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly resources: ReadonlyMap<string, RegoResource>;
  /** Why the rule could not be evaluated, for the coverage of the scan. */
  readonly problem: string | undefined;
  readonly compiled: number;
}

export interface RunContext {
  readonly objects: RegoObjects;
  readonly compiler: RegoCompiler;
  readonly pool: RegoPool;
  readonly limits: RegoLimits;
  readonly signal: AbortSignal | undefined;
}

export function newRun(rule: RegoRule, inputs: ControlInputLists, fixed: ControlInputLists, provider: string): RuleRun {
  const named = Object.fromEntries(rule.inputs.map((name) => [name, inputs[name] ?? []]));
  const data = {
    postureControlInputs: { ...named, ...fixed },
    dataControlInputs: { cloudProvider: provider },
  };
  return { rule, kinds: kindNamesOf(rule), data: JSON.stringify(data), outcome: undefined };
}

interface Failure {
  readonly reason: UnevaluatedReason;
  readonly detail: string;
  readonly missingKinds?: readonly string[];
}

const passed: Verdict = Object.freeze({ status: 'passed' });
const workloads: ReadonlySet<string> = new Set(podMakingKinds.map(kindName));

/** Evaluates a rule over all objects of its kinds. Whatever goes wrong is a verdict about these and touches no other rule (B02). */
export async function evaluateRun(
  run: RuleRun,
  items: readonly InputItem[],
  context: RunContext,
): Promise<RuleOutcome> {
  const { rule } = run;
  const absent = missingData(run, context.objects);
  if (absent !== undefined) return unevaluated(items, absent, undefined, 0);
  // A rule without objects says nothing, and costs nothing. Rules that list their resources themselves do so from the same objects.
  if (items.length === 0) return { verdicts: new Map(), resources: new Map(), problem: undefined, compiled: 0 };

  const modules = await compileAll(rule, context);
  if (!('main' in modules)) return fail(rule, items, modules, 0);
  const { main, enumerator, compiled } = modules;
  const findings: RawFinding[] = [];
  const listed: RawFinding[] = [];
  for (const batch of batchesOf(rule, items, context.limits.batchObjects)) {
    const input = encoded(batch);
    const said = await runModule(main, run, input, context);
    const lists = enumerator === undefined ? [] : await runModule(enumerator, run, input, context);
    for (const reply of [said, lists]) if (!Array.isArray(reply)) return fail(rule, items, reply as Failure, compiled);
    findings.push(...(said as RawFinding[]));
    listed.push(...(lists as RawFinding[]));
  }
  const verdicts = verdictsOf(
    new FindingReader(rule.name, context.objects, items),
    items,
    findings,
    enumerator === undefined ? undefined : listed,
  );
  return { ...verdicts, problem: undefined, compiled };
}

interface Modules {
  readonly main: Module;
  readonly enumerator: Module | undefined;
  readonly compiled: number;
}

type Module = Extract<Compiled, { outcome: 'compiled' }>;

async function compileAll(rule: RegoRule, { compiler, signal }: RunContext): Promise<Modules | Failure> {
  const main = await compiler.compile(rule.text, signal);
  if (main.outcome !== 'compiled') return { reason: 'error', detail: main.detail };
  if (rule.enumerator === undefined) return { main, enumerator: undefined, compiled: main.fromCache ? 0 : 1 };
  const enumerator = await compiler.compile(rule.enumerator, signal);
  if (enumerator.outcome !== 'compiled')
    return { reason: 'error', detail: `resource enumerator: ${enumerator.detail}` };
  const compiled = [main, enumerator].filter(({ fromCache }) => !fromCache).length;
  return { main, enumerator, compiled };
}

async function runModule(
  { key, wasm }: Module,
  { data }: RuleRun,
  input: SharedArrayBuffer,
  { pool, limits, signal }: RunContext,
): Promise<readonly RawFinding[] | Failure> {
  const { memoryBytes, timeMs } = limits;
  const reply = await pool.run({ moduleKey: key, wasm, data, input, memoryBytes }, signal);
  switch (reply.outcome) {
    case 'findings':
      return reply.findings;
    case 'timedOut':
      return { reason: 'error', detail: `it ran longer than ${timeMs / 1000} s` };
    case 'cancelled':
      return { reason: 'error', detail: 'it was cancelled' };
    default: {
      if (reply.reason === 'integration') return { reason: 'integration', detail: reply.detail };
      const limit = `it needs more memory than ${Math.round(memoryBytes / 2 ** 20)} MiB`;
      return { reason: 'error', detail: reply.reason === 'memory' ? limit : reply.detail };
    }
  }
}

/** Data that the rule needs and the scan does not have: a pass would be a lie. */
function missingData({ rule, kinds }: RuleRun, objects: RegoObjects): Failure | undefined {
  const source = missingSourceOf([rule]);
  const external = rule.dynamicMatch.length > 0 ? externalItems(rule, objects) : undefined;
  if (source !== undefined && external?.length === 0) {
    return { reason: 'integration', detail: `it needs ${source}, and the scan has none` };
  }
  const missing = kinds.filter((kind) => objects.isFailed(kind));
  // Rules judge workloads one by one; what they know of other kinds they compare.
  if (missing.length === 0 || kinds.every((kind) => workloads.has(kind)) || missing.length === kinds.length)
    return undefined;
  const isCompared = missing.some((kind) => !workloads.has(kind));
  return isCompared
    ? { reason: 'missingKinds', detail: `these kinds could not be read: ${missing.join(', ')}`, missingKinds: missing }
    : undefined;
}

function fail(rule: RegoRule, items: readonly InputItem[], failure: Failure, compiled: number): RuleOutcome {
  if (failure.reason !== 'error') return unevaluated(items, failure, undefined, compiled);
  const detail = `rule ${rule.name}: error, not evaluated: ${failure.detail}`;
  return unevaluated(items, { ...failure, detail }, failure.detail, compiled);
}

function unevaluated(
  items: readonly InputItem[],
  failure: Failure,
  problem: string | undefined,
  compiled: number,
): RuleOutcome {
  const verdict: Verdict = { status: 'notEvaluated', ...failure };
  return {
    verdicts: new Map(items.map(({ id }) => [id, verdict])),
    resources: new Map(items.map((item) => [item.id, resourceOfItem(item)])),
    problem,
    compiled,
  };
}

function verdictsOf(
  reader: FindingReader,
  items: readonly InputItem[],
  findings: readonly RawFinding[],
  listed: readonly RawFinding[] | undefined,
): Pick<RuleOutcome, 'verdicts' | 'resources'> {
  const failed = new Map<string, Map<string, Finding>>();
  for (const raw of findings) {
    for (const id of reader.subjectsOf(raw)) {
      const finding = reader.finding(raw, id);
      const known = failed.get(id) ?? new Map<string, Finding>();
      // Cluster-scoped objects are in every batch, and rules say the same of one object twice.
      known.set(JSON.stringify(finding), finding);
      failed.set(id, known);
    }
  }
  const named = listed?.flatMap((raw) => reader.subjectsOf(raw));
  const resources = new Map(reader.resources);
  const judged = named ?? items.map(({ id }) => id);
  if (named === undefined) for (const item of items) resources.set(item.id, resourceOfItem(item));
  const verdicts = new Map<string, Verdict>(judged.map((id) => [id, passed]));
  for (const [id, own] of failed) {
    const [first, ...rest] = own.values();
    if (first !== undefined) verdicts.set(id, { status: 'failed', findings: [first, ...rest] });
  }
  return { verdicts, resources };
}
