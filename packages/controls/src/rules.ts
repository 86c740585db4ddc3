import type { Finding, GroupKind, KubeObject, Verdict } from '@kso/wire';
import type { ControlInputName } from './catalogue/inputs.ts';
import { type ObjectRule, type RuleContext, type SubjectRule, verdictOf, type WorkloadRule } from './control.ts';
import { rbacKinds, workloadKinds } from './objects/kinds.ts';
import type { SubjectVector } from './objects/rbac.ts';
import type { Container, OperatingSystem, Workload } from './objects/workload.ts';

interface RuleOptions {
  readonly name: string;
  readonly kinds?: readonly GroupKind[];
  readonly related?: readonly GroupKind[];
  readonly inputs?: readonly ControlInputName[];
}

interface WorkloadRuleOptions extends RuleOptions {
  /** The rule is about fields that only this system knows; workloads of another are irrelevant to it (known-bugs.md B25). */
  readonly os?: OperatingSystem;
  readonly applies?: (workload: Workload) => boolean;
}

/** A rule over whole workloads, whatever kind they are. */
export function workloadRule(
  options: WorkloadRuleOptions & {
    readonly check: (workload: Workload, context: RuleContext) => readonly Finding[];
  },
): WorkloadRule {
  const { os, check, applies } = options;
  return {
    target: 'workload',
    ...common(options, workloadKinds),
    ...(applies === undefined ? {} : { applies }),
    check: (workload, context): Verdict =>
      os !== undefined && workload.os !== os
        ? { status: 'passed', irrelevant: `only for ${os} containers` }
        : verdictOf(check(workload, context)),
  };
}

/** A rule over each container of a workload, in all three lists; its findings name the container (known-bugs.md B07). */
export function containerRule(
  options: WorkloadRuleOptions & {
    readonly check: (
      container: Container,
      context: RuleContext,
      workload: Workload,
    ) => readonly Omit<Finding, 'container'>[];
  },
): WorkloadRule {
  const { check, ...rest } = options;
  return workloadRule({
    ...rest,
    check: (workload, context) =>
      workload.containers.flatMap((container) =>
        check(container, context, workload).map(
          (finding): Finding => ({ ...finding, container: { name: container.name, list: container.list } }),
        ),
      ),
  });
}

/** A rule over objects that are no workloads. */
export function objectRule(
  options: RuleOptions & {
    readonly kinds: readonly GroupKind[];
    readonly check: (object: KubeObject, context: RuleContext) => readonly Finding[];
  },
): ObjectRule {
  const { check } = options;
  return {
    target: 'object',
    ...common(options, options.kinds),
    check: (object, context) => verdictOf(check(object, context)),
  };
}

/** A rule over RBAC subjects with what a binding gives them. */
export function subjectRule(
  options: RuleOptions & {
    readonly check: (vector: SubjectVector, context: RuleContext) => readonly Finding[];
  },
): SubjectRule {
  const { check } = options;
  return {
    target: 'subject',
    ...common(options, rbacKinds),
    check: (vector, context) => verdictOf(check(vector, context)),
  };
}

function common({ name, kinds, related = [], inputs = [] }: RuleOptions, defaultKinds: readonly GroupKind[]) {
  return { name, kinds: kinds ?? defaultKinds, related, inputs };
}

/** `container "web"`, or `init container "setup"`: how findings name one. */
export function describeContainer({ name, list }: Container): string {
  const role =
    list === 'initContainers' ? 'init container' : list === 'ephemeralContainers' ? 'ephemeral container' : 'container';
  return `${role} "${name}"`;
}
