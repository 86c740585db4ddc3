import {
  type Control,
  type ControlInfo,
  type ControlInputName,
  type ControlInputs,
  defaultControlInputs,
  kindName,
  type Rule,
} from '@kso/controls';
import type { GroupKind } from '@kso/wire';
import type { Target } from './target.ts';

/** The rules of one control that judge one kind of target. */
export interface PlannedControl {
  readonly controlId: string;
  readonly rules: readonly Rule[];
}

/** Which rules judge what, worked out once for all targets. */
export interface RulePlan {
  /** Everything that some rule reads. */
  readonly kinds: readonly GroupKind[];
  readonly forObjects: (kind: string) => readonly PlannedControl[];
  readonly forSubjects: readonly PlannedControl[];
}

export function planRules(controls: readonly Control[]): RulePlan {
  const kinds = new Map<string, GroupKind>();
  const byKind = new Map<string, PlannedControl[]>();
  for (const { rules } of controls)
    for (const kind of rules.flatMap((rule) => [...rule.kinds, ...rule.related])) kinds.set(kindName(kind), kind);

  for (const kind of kinds.keys()) {
    const planned = controls.flatMap((control) =>
      plan(control, (rule) => rule.target !== 'subject' && judges(rule, kind)),
    );
    if (planned.length > 0) byKind.set(kind, planned);
  }
  return {
    kinds: [...kinds.values()],
    forObjects: (kind) => byKind.get(kind) ?? [],
    forSubjects: controls.flatMap((control) => plan(control, (rule) => rule.target === 'subject')),
  };
}

/** What judges this target. */
export function planOf({ forObjects, forSubjects }: RulePlan, target: Target): readonly PlannedControl[] {
  if (target.type === 'foreign') return [];
  return target.type === 'object' ? forObjects(target.record.kindName) : forSubjects;
}

function plan({ id, rules }: Control, wanted: (rule: Rule) => boolean): PlannedControl[] {
  const chosen = rules.filter(wanted);
  return chosen.length === 0 ? [] : [{ controlId: id, rules: chosen }];
}

function judges(rule: Rule, kind: string): boolean {
  return rule.kinds.some((judged) => kindName(judged) === kind);
}

/** Names of the control inputs that differ. */
export function changedInputs(before: ControlInputs, after: ControlInputs): ReadonlySet<ControlInputName> {
  const names = Object.keys(defaultControlInputs) as ControlInputName[];
  return new Set(names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])));
}

export function readsInputs(plan: readonly PlannedControl[], names: ReadonlySet<ControlInputName>): boolean {
  return plan.some(({ rules }) => rules.some(({ inputs }) => inputs.some((name) => names.has(name))));
}

/** Why a rule cannot be judged that somebody has to configure first; undefined when it can. */
export function unconfigured(rule: Rule, inputs: ControlInputs, info: ControlInfo | undefined): string | undefined {
  if (info?.actionRequired !== 'configuration') return undefined;
  if (rule.inputs.length === 0 || rule.inputs.some((name) => inputs[name].length > 0)) return undefined;
  return `all control inputs are empty: ${rule.inputs.join(', ')}`;
}
