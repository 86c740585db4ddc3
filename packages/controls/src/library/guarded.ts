import type { GroupKind, KubeObject, Verdict } from '@kso/wire';
import type { Control, ObjectRule, RelatedObjects, Rule, RuleContext, SubjectRule, WorkloadRule } from '../control.ts';
import type { SubjectVector } from '../objects/rbac.ts';
import type { LabelSelector, Labels } from '../objects/selector.ts';
import { pathOf, type ShapeProblem, shapeProblems } from '../objects/shape/problems.ts';
import { watchedObject, watchedWorkload } from '../objects/shape/watched.ts';

/**
 * Controls that pass nothing by accident: in the rules a value of a wrong type counts as absent, and what passes after such a value was
 * read is not evaluated. Rules that controls share stay shared.
 */
export function guarded(controls: readonly Control[]): readonly Control[] {
  const known = new Map<Rule, Rule>();
  const guard = (rule: Rule): Rule => {
    const made = known.get(rule) ?? guardedRule(rule);
    known.set(rule, made);
    return made;
  };
  return controls.map(({ id, rules }) => ({ id, rules: rules.map(guard) }));
}

function guardedRule(rule: Rule): Rule {
  if (rule.target === 'workload') return guardedWorkloadRule(rule);
  return rule.target === 'object' ? guardedObjectRule(rule) : guardedSubjectRule(rule);
}

function guardedWorkloadRule(rule: WorkloadRule): WorkloadRule {
  return {
    ...rule,
    check: (workload, context) => {
      const watched = watching(rule, context);
      const verdict = rule.check(workload, watched);
      if (verdict?.status !== 'passed') return verdict;
      return doubtOfWorkload(rule, workload.object, context) ?? doubtOfRelated(watched) ?? verdict;
    },
  };
}

function guardedObjectRule(rule: ObjectRule): ObjectRule {
  return {
    ...rule,
    check: (object, context) => {
      const watched = watching(rule, context);
      const verdict = rule.check(object, watched);
      if (verdict.status !== 'passed') return verdict;
      return doubtOfObject(rule, object, context) ?? doubtOfRelated(watched) ?? verdict;
    },
  };
}

function guardedSubjectRule(rule: SubjectRule): SubjectRule {
  return {
    ...rule,
    check: (vector, context) => {
      const watched = watching(rule, context);
      const verdict = rule.check(vector, watched);
      if (verdict.status !== 'passed') return verdict;
      return problemOfAny([vector.binding, vector.role]) ?? doubtOfRelated(watched) ?? verdict;
    },
  };
}

/** Asks once more, on a copy that tells what was read: objects with wrong values are rare. */
function doubtOfWorkload(rule: WorkloadRule, object: KubeObject, context: RuleContext): Verdict | undefined {
  const problems = shapeProblems(object);
  const copy = problems.length === 0 ? undefined : watchedWorkload(object, problems);
  if (copy === undefined) return undefined;
  if (rule.applies?.(copy.value) !== false) rule.check(copy.value, context);
  return malformed(object, copy.firstRead());
}

function doubtOfObject(rule: ObjectRule, object: KubeObject, context: RuleContext): Verdict | undefined {
  const problems = shapeProblems(object);
  if (problems.length === 0) return undefined;
  const copy = watchedObject(object, problems);
  rule.check(copy.value, context);
  return malformed(object, copy.firstRead());
}

function doubtOfRelated({ related }: RuleContext): Verdict | undefined {
  return related instanceof WatchedRelations ? problemOfAny(related.answers()) : undefined;
}

function problemOfAny(objects: Iterable<KubeObject>): Verdict | undefined {
  for (const object of objects) {
    const [problem] = shapeProblems(object);
    if (problem !== undefined) return malformed(object, problem);
  }
  return undefined;
}

function malformed({ kind, metadata }: KubeObject, problem: ShapeProblem | undefined): Verdict | undefined {
  if (problem === undefined) return undefined;
  const detail = `${kind} "${metadata.name}" cannot be understood: ${pathOf(problem)} has to be ${problem.wanted}`;
  return { status: 'notEvaluated', reason: 'error', detail };
}

function watching({ related }: Rule, context: RuleContext): RuleContext {
  if (related.length === 0) return context;
  return { inputs: context.inputs, related: new WatchedRelations(context.related), id: (object) => context.id(object) };
}

/** Remembers the answers, without looking into them. */
class WatchedRelations implements RelatedObjects {
  readonly #related: RelatedObjects;
  #objects: (readonly KubeObject[])[] | undefined;
  #vectors: (readonly SubjectVector[])[] | undefined;

  constructor(related: RelatedObjects) {
    this.#related = related;
  }

  *answers(): Iterable<KubeObject> {
    for (const objects of this.#objects ?? []) yield* objects;
    for (const vectors of this.#vectors ?? [])
      for (const { binding, role } of vectors) {
        yield binding;
        yield role;
      }
  }

  all(kind: GroupKind): readonly KubeObject[] {
    return this.#keep(this.#related.all(kind));
  }

  any(kind: GroupKind): boolean {
    return this.#related.any(kind);
  }

  inNamespace(kind: GroupKind, namespace: string): readonly KubeObject[] {
    return this.#keep(this.#related.inNamespace(kind, namespace));
  }

  named(kind: GroupKind, namespace: string, name: string): readonly KubeObject[] {
    return this.#keep(this.#related.named(kind, namespace, name));
  }

  selecting(kind: GroupKind, namespace: string, podLabels: Labels): readonly KubeObject[] {
    return this.#keep(this.#related.selecting(kind, namespace, podLabels));
  }

  hasWorkload(namespace: string, selector: LabelSelector): boolean {
    return this.#related.hasWorkload(namespace, selector);
  }

  grants(subjectKeys: readonly string[]): readonly SubjectVector[] {
    const vectors = this.#related.grants(subjectKeys);
    if (vectors.length > 0) (this.#vectors ??= []).push(vectors);
    return vectors;
  }

  #keep(objects: readonly KubeObject[]): readonly KubeObject[] {
    if (objects.length > 0) (this.#objects ??= []).push(objects);
    return objects;
  }
}
