import type { Finding, FindingPath, Verdict } from '@kso/wire';
import { type Control, verdictOf, type WorkloadRule } from '../../control.ts';
import { kinds } from '../../objects/kinds.ts';
import type { Workload } from '../../objects/workload.ts';
import { type Component, type ComponentName, componentOf } from './component.ts';
import type { Expectation } from './expectation.ts';
import type { Flag } from './flags.ts';

/** One control about the flags of a component. */
export interface FlagCheck {
  readonly id: string;
  readonly rule: string;
  readonly expectation: Expectation;
  /** What the component does now; completes the sentence "The API server of pod "x" ...". */
  readonly problem: string;
}

const labels: Readonly<Record<ComponentName, string>> = {
  'kube-apiserver': 'The API server',
  'kube-controller-manager': 'The controller manager',
  'kube-scheduler': 'The scheduler',
  etcd: 'The etcd',
};

/** The control for a check of a component's flags. Pods that run something else are none of its business. */
export function flagControl(program: ComponentName, check: FlagCheck): Control {
  return { id: check.id, rules: [flagRule(program, check)] };
}

/** A rule over the flags of a component, for controls that have further rules. */
export function flagRule(program: ComponentName, { rule, expectation, problem }: Omit<FlagCheck, 'id'>): WorkloadRule {
  return {
    target: 'workload',
    name: rule,
    kinds: [kinds.pod],
    related: [],
    inputs: [],
    applies: (workload) => componentOf(workload)?.program === program,
    check: (workload) => {
      const component = componentOf(workload);
      return component === undefined ? verdictOf([]) : judge(component, workload, expectation, problem);
    },
  };
}

function judge(component: Component, { name }: Workload, expectation: Expectation, problem: string): Verdict {
  const { flags, container, program } = component;
  const wrong = expectation.check(flags);
  if (wrong === undefined) return verdictOf([]);
  const file = expectation.unless === undefined ? undefined : flags.get(expectation.unless);
  if (file !== undefined && wrong.wrong.length === 0)
    return {
      status: 'notEvaluated',
      reason: 'integration',
      detail: `it is set in the file of --${expectation.unless}, which cannot be read from here`,
    };
  const finding: Finding = {
    message: `${labels[program]} of pod "${name}" ${problem}.`,
    paths: [
      ...wrong.wrong.map(({ path }): FindingPath => ({ type: wrong.fixes.length === 0 ? 'delete' : 'failed', path })),
      ...wrong.fixes.map((value): FindingPath => ({ type: 'fix', path: pathFor(value, component), value })),
    ],
    container: { name: container.name, list: container.list },
    ...(wrong.wrong.length === 0 ? {} : { found: wrong.wrong.map(shown).join(' ') }),
    wanted: wrong.wanted,
  };
  return verdictOf([finding]);
}

/** Where the flag stands already, else after the last argument. */
function pathFor(flag: string, { flags, nextPath }: Component): string {
  const name = flag.slice(2, flag.indexOf('='));
  return flags.get(name)?.path ?? nextPath;
}

function shown({ text, value }: Flag): string {
  return text.includes('=') ? text : `${text}=${value}`;
}
