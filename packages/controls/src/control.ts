import type { Finding, GroupKind, KubeObject, Verdict } from '@kso/wire';
import type { ControlInputName, ControlInputs } from './catalogue/inputs.ts';
import type { SubjectVector } from './objects/rbac.ts';
import type { LabelSelector, Labels } from './objects/selector.ts';
import type { Workload } from './objects/workload.ts';

/**
 * A control: a question about resources, answered by one or more rules. Everything about it that is not logic (name, score,
 * frameworks, texts) is data in `catalogue/`.
 */
export interface Control {
  readonly id: string;
  readonly rules: readonly Rule[];
}

/** One check over one kind of target. Rules are pure: the same target, related objects and inputs give the same verdict. */
export type Rule = WorkloadRule | ObjectRule | SubjectRule;

interface RuleBase {
  /** Kept from the existing library, because reports are compared by it. */
  readonly name: string;
  /** Kinds whose objects are judged. */
  readonly kinds: readonly GroupKind[];
  /** Further kinds whose objects can change the verdict. Reading another kind than these is a mistake that the engine reports. */
  readonly related: readonly GroupKind[];
  /** Control inputs that the rule reads. */
  readonly inputs: readonly ControlInputName[];
}

export interface WorkloadRule extends RuleBase {
  readonly target: 'workload';
  /** False: the rule has nothing to say about the workload, which then does not appear under the control. */
  applies?(workload: Workload): boolean;
  /** Undefined: nothing to say either, because the scan holds none of the data that the rule judges by. */
  check(workload: Workload, context: RuleContext): Verdict | undefined;
}

export interface ObjectRule extends RuleBase {
  readonly target: 'object';
  check(object: KubeObject, context: RuleContext): Verdict;
}

export interface SubjectRule extends RuleBase {
  readonly target: 'subject';
  check(vector: SubjectVector, context: RuleContext): Verdict;
}

export interface RuleContext {
  readonly inputs: ControlInputs;
  readonly related: RelatedObjects;
  /** The id under which reports know an object. */
  id(object: KubeObject): string;
}

/** The other objects of the scan. Every question is remembered, so that a change re-evaluates what asked for it and nothing else. */
export interface RelatedObjects {
  all(kind: GroupKind): readonly KubeObject[];
  /** True if the scan holds an object of the kind. Re-evaluates when the first one comes or the last one goes, not for each. */
  any(kind: GroupKind): boolean;
  inNamespace(kind: GroupKind, namespace: string): readonly KubeObject[];
  /** Usually one; a folder of manifests may hold several of the same name. */
  named(kind: GroupKind, namespace: string, name: string): readonly KubeObject[];
  /** Services or NetworkPolicies of the namespace that select pods with these labels. */
  selecting(kind: GroupKind, namespace: string, podLabels: Labels): readonly KubeObject[];
  /** True if something in the namespace makes pods that the selector matches. Asked of all kinds that make pods. */
  hasWorkload(namespace: string, selector: LabelSelector): boolean;
  /** The vectors of bindings that name one of these subjects (`subjectKey`). */
  grants(subjectKeys: readonly string[]): readonly SubjectVector[];
}

export const passed: Verdict = Object.freeze({ status: 'passed' });

/** Failed if there is a finding, otherwise passed. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  const [first, ...rest] = findings;
  return first === undefined ? passed : { status: 'failed', findings: [first, ...rest] };
}

/** Not evaluated, because a source of data (a node, a cloud, a scan) does not tell what the rule has to know. */
export function untold(detail: string): Verdict {
  return { status: 'notEvaluated', reason: 'integration', detail };
}
