import { type Labels, selectorMatches } from '@kso/controls';
import { getOrMake, selectorOf } from './object-index.ts';
import type { ObjectRecord } from './port.ts';
import type { Target } from './target.ts';

/** The questions that rules ask about other objects, as keys. */
export const question = {
  all: (kind: string): string => `all|${kind}`,
  inNamespace: (kind: string, namespace: string): string => `in|${kind}|${namespace}`,
  named: (kind: string, namespace: string, name: string): string => `named|${kind}|${namespace}|${name}`,
  selecting: (kind: string, namespace: string): string => `selecting|${kind}|${namespace}`,
  grants: (subject: string): string => `grants|${subject}`,
};

/** Who asked which question: a change of an object marks the targets whose questions it would be an answer to. */
export class Dependencies {
  readonly #askers = new Map<string, Map<Target, Labels | undefined>>();

  /** Enters the questions of a target in place of those that it asked before. */
  replace(target: Target, asked: ReadonlyMap<string, Labels | undefined>): void {
    for (const key of target.dependencies) if (!asked.has(key)) this.#forget(key, target);
    for (const [key, labels] of asked)
      getOrMake(this.#askers, key, () => new Map<Target, Labels | undefined>()).set(target, labels);
    target.dependencies = new Set(asked.keys());
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
    const selector = selectorOf(record);
    if (selector === undefined) return;
    for (const [target, labels] of this.#askers.get(question.selecting(kindName, namespace)) ?? [])
      if (labels !== undefined && selectorMatches(selector, labels)) yield target;
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
