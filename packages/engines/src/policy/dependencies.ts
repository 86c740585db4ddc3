import { type LabelSelector, type Labels, podLabelsOf, selectorMatches } from '@kso/controls';
import { getOrMake, selectorOf } from './object-index.ts';
import type { ObjectRecord } from './port.ts';
import type { Target } from './target.ts';

/** The questions that rules ask about other objects, as keys. */
export const question = {
  all: (kind: string): string => `all|${kind}`,
  any: (kind: string): string => `any|${kind}`,
  inNamespace: (kind: string, namespace: string): string => `in|${kind}|${namespace}`,
  named: (kind: string, namespace: string, name: string): string => `named|${kind}|${namespace}|${name}`,
  selecting: (kind: string, namespace: string): string => `selecting|${kind}|${namespace}`,
  workload: (namespace: string): string => `workload|${namespace}`,
  grants: (subject: string): string => `grants|${subject}`,
};

/** What narrows a question down: labels that selectors are asked about, or selectors that labels are asked about. */
export interface Matcher {
  readonly labels?: Labels;
  readonly selectors?: readonly LabelSelector[];
}

/** Who asked which question: a change of an object marks the targets whose questions it would be an answer to. */
export class Dependencies {
  readonly #askers = new Map<string, Map<Target, Matcher | undefined>>();

  /** Enters the questions of a target in place of those that it asked before. */
  replace(target: Target, asked: ReadonlyMap<string, Matcher | undefined>): void {
    for (const key of target.dependencies) if (!asked.has(key)) this.#forget(key, target);
    for (const [key, matcher] of asked)
      getOrMake(this.#askers, key, () => new Map<Target, Matcher | undefined>()).set(target, matcher);
    target.dependencies = new Set(asked.keys());
  }

  /** Enters one more question of a target. */
  add(target: Target, key: string): void {
    getOrMake(this.#askers, key, () => new Map<Target, Matcher | undefined>()).set(target, undefined);
    target.dependencies = new Set(target.dependencies).add(key);
  }

  remove(target: Target): void {
    for (const key of target.dependencies) this.#forget(key, target);
    target.dependencies = new Set();
  }

  /** Targets that asked about an object like this one. */
  *dependentsOf(record: ObjectRecord): Iterable<Target> {
    const { kindName, namespace, object } = record;
    yield* this.#askersOf(question.all(kindName));
    yield* this.#askersOf(question.inNamespace(kindName, namespace));
    yield* this.#askersOf(question.named(kindName, namespace, object.metadata.name));
    yield* this.#askersOfWorkloads(record);
    const selector = selectorOf(record);
    if (selector === undefined) return;
    for (const [target, matcher] of this.#askers.get(question.selecting(kindName, namespace)) ?? [])
      if (matcher?.labels !== undefined && selectorMatches(selector, matcher.labels)) yield target;
  }

  *#askersOfWorkloads({ namespace, object }: ObjectRecord): Iterable<Target> {
    const askers = this.#askers.get(question.workload(namespace));
    const labels = askers === undefined ? undefined : podLabelsOf(object);
    if (labels === undefined) return;
    for (const [target, matcher] of askers ?? [])
      if (matcher?.selectors?.some((selector) => selectorMatches(selector, labels)) === true) yield target;
  }

  dependentsOfGrant(subject: string): Iterable<Target> {
    return this.#askersOf(question.grants(subject));
  }

  /** Targets that asked one of these questions. */
  *askers(questions: readonly string[]): Iterable<Target> {
    for (const key of questions) yield* this.#askersOf(key);
  }

  #askersOf(key: string): Iterable<Target> {
    return this.#askers.get(key)?.keys() ?? [];
  }

  #forget(key: string, target: Target): void {
    const askers = this.#askers.get(key);
    askers?.delete(target);
    if (askers?.size === 0) this.#askers.delete(key);
  }
}
