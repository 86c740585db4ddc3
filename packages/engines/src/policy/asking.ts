import {
  kindName,
  type LabelSelector,
  type Labels,
  podMakingKinds,
  type RelatedObjects,
  type SubjectVector,
} from '@kso/controls';
import type { GroupKind, KubeObject } from '@kso/wire';
import { type Matcher, question } from './dependencies.ts';
import type { ObjectIndex } from './object-index.ts';
import type { ObjectRecord } from './port.ts';
import type { RbacIndex } from './rbac-index.ts';

/**
 * Answers the questions of rules about other objects, and remembers them: the questions make the dependencies of the target, the
 * answers are part of the idempotency key of its result.
 */
export class Asking implements RelatedObjects {
  readonly asked = new Map<string, Matcher | undefined>();
  readonly #facts: string[] = [];
  readonly #answers = new Map<ObjectRecord, true>();
  readonly #objects: ObjectIndex;
  readonly #rbac: RbacIndex;
  /** Kinds that the rule at work has declared. */
  #declared: readonly GroupKind[] = [];

  constructor(objects: ObjectIndex, rbac: RbacIndex) {
    this.#objects = objects;
    this.#rbac = rbac;
  }

  /** Sets what the next rule may ask about. */
  declare(kinds: readonly GroupKind[]): void {
    this.#declared = kinds;
  }

  /** Objects that took part in the answers, and the questions, which tell of those that were not there. */
  *traces(): Iterable<string> {
    yield* this.asked.keys();
    yield* this.#facts;
    for (const record of this.#answers.keys()) yield `${record.id}=${record.hash()}`;
  }

  all(kind: GroupKind): readonly KubeObject[] {
    const name = this.#allowed(kind);
    return this.#answer(question.all(name), this.#objects.all(name));
  }

  any(kind: GroupKind): boolean {
    const name = this.#allowed(kind);
    const key = question.any(name);
    const answer = this.#objects.has(name);
    if (!this.asked.has(key)) this.#facts.push(`${key}=${answer}`);
    this.asked.set(key, undefined);
    return answer;
  }

  inNamespace(kind: GroupKind, namespace: string): readonly KubeObject[] {
    const name = this.#allowed(kind);
    return this.#answer(question.inNamespace(name, namespace), this.#objects.inNamespace(name, namespace));
  }

  named(kind: GroupKind, namespace: string, objectName: string): readonly KubeObject[] {
    const name = this.#allowed(kind);
    return this.#answer(question.named(name, namespace, objectName), this.#objects.named(name, namespace, objectName));
  }

  selecting(kind: GroupKind, namespace: string, podLabels: Labels): readonly KubeObject[] {
    const name = this.#allowed(kind);
    return this.#answer(question.selecting(name, namespace), this.#objects.selecting(name, namespace, podLabels), {
      labels: podLabels,
    });
  }

  hasWorkload(namespace: string, selector: LabelSelector): boolean {
    for (const kind of podMakingKinds) this.#allowed(kind);
    const key = question.workload(namespace);
    const earlier = this.asked.get(key)?.selectors ?? [];
    this.asked.set(key, { selectors: [...earlier, selector] });
    const answer = this.#objects.hasWorkload(namespace, selector);
    this.#facts.push(`${key}|${JSON.stringify(selector)}=${answer}`);
    return answer;
  }

  grants(subjectKeys: readonly string[]): readonly SubjectVector[] {
    return subjectKeys.flatMap((subject) => {
      this.asked.set(question.grants(subject), undefined);
      return [...this.#rbac.grants(subject)].sort(byId).map(({ vector, binding, role }) => {
        this.#answers.set(binding, true).set(role, true);
        return vector;
      });
    });
  }

  #allowed(kind: GroupKind): string {
    const name = kindName(kind);
    if (!this.#declared.some((declared) => kindName(declared) === name))
      throw new TypeError(`the rule reads ${name} without declaring it`);
    return name;
  }

  #answer(key: string, records: Iterable<ObjectRecord>, matcher?: Matcher): KubeObject[] {
    this.asked.set(key, matcher);
    const found = [...records].sort(byId);
    for (const record of found) this.#answers.set(record, true);
    return found.map(({ object }) => object);
  }
}

/** In the order of ids, not of arrival: the same objects give the same findings. */
function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}
