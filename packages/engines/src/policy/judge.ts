import { type ControlInputs, type Rule, type RuleContext, type Workload, workloadOf } from '@kso/controls';
import { podSpecProblem } from '@kso/domain';
import { describeError } from '@kso/kit';
import type { ControlResult, RuleResult, Verdict } from '@kso/wire';
import type { Asking } from './asking.ts';
import type { PlannedControl } from './rule-plan.ts';
import { SharedResults } from './shared-results.ts';
import type { Target } from './target.ts';

export interface JudgeContext {
  readonly asking: Asking;
  readonly inputs: ControlInputs;
  readonly idOf: RuleContext['id'];
  /** Of the kinds that a rule reads besides its own: those that cannot be read at present. */
  missingKinds(rule: Rule): readonly string[];
  /** Why the rule says nothing with the present control inputs. */
  unconfigured(controlId: string, rule: Rule): string | undefined;
}

const maxDetail = 300;

const shared = new SharedResults();

/** Applies the controls to one target. A control that throws is marked as not evaluated, and nothing else is (known-bugs.md B02). */
export function judge(target: Target, plan: readonly PlannedControl[], context: JudgeContext): ControlResult[] {
  const workload = judgedWorkload(target);
  const verdicts = new Map<Rule, Verdict | undefined>();
  const results: ControlResult[] = [];
  for (const { controlId, rules } of plan) {
    const ruled: RuleResult[] = [];
    for (const rule of rules) {
      // Controls share rules: each is asked once for a target.
      if (!verdicts.has(rule)) verdicts.set(rule, verdictFor(controlId, rule, target, workload, context));
      const verdict = verdicts.get(rule);
      if (verdict !== undefined) ruled.push({ rule: rule.name, verdict });
    }
    if (ruled.length > 0) results.push(shared.result(controlId, ruled));
  }
  return exactly(results);
}

/** Without the room that a list keeps for growing: there are hundreds of thousands of them. */
function exactly<T>(list: readonly T[]): T[] {
  return list.slice();
}

interface JudgedWorkload {
  /** Undefined when the target makes no pods. */
  readonly normal: Workload | undefined;
  /** Why its pods cannot be read, or not all of them. */
  readonly problem: string | undefined;
}

function judgedWorkload(target: Target): JudgedWorkload {
  if (target.type !== 'object') return { normal: undefined, problem: undefined };
  const { object } = target.record;
  const problem = podSpecProblem(object);
  return {
    normal: workloadOf(object),
    problem: problem === undefined ? undefined : `${object.kind} ${object.metadata.name}: ${problem}`,
  };
}

function verdictFor(
  controlId: string,
  rule: Rule,
  target: Target,
  workload: JudgedWorkload,
  context: JudgeContext,
): Verdict | undefined {
  try {
    if (rule.target === 'workload') {
      // What could not be read in full must not pass.
      if (workload.problem !== undefined) return { status: 'notEvaluated', reason: 'error', detail: workload.problem };
      if (workload.normal === undefined || rule.applies?.(workload.normal) === false) return undefined;
    }
    const unconfigured = context.unconfigured(controlId, rule);
    if (unconfigured !== undefined) return { status: 'notEvaluated', reason: 'configuration', detail: unconfigured };
    const missingKinds = context.missingKinds(rule);
    if (missingKinds.length > 0)
      return {
        status: 'notEvaluated',
        reason: 'missingKinds',
        detail: `these kinds could not be read: ${missingKinds.join(', ')}`,
        missingKinds,
      };
    return ask(rule, target, workload.normal, context);
  } catch (error) {
    return { status: 'notEvaluated', reason: 'error', detail: describeError(error).slice(0, maxDetail) };
  }
}

function ask(rule: Rule, target: Target, workload: Workload | undefined, context: JudgeContext): Verdict | undefined {
  context.asking.declare(rule.related);
  const ruleContext: RuleContext = { inputs: context.inputs, related: context.asking, id: context.idOf };
  if (rule.target === 'workload') return workload === undefined ? undefined : rule.check(workload, ruleContext);
  if (rule.target === 'subject') return target.type === 'subject' ? rule.check(target.vector, ruleContext) : undefined;
  return target.type === 'object' ? rule.check(target.record.object, ruleContext) : undefined;
}
