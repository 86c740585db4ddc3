import { hash } from 'node:crypto';
import type { ControlInputs } from '@kso/controls';
import type { PostureException } from '@kso/domain';
import type { PlannedControl } from './rule-plan.ts';

/** What the idempotency keys of results are made of besides objects: only what can make a difference to the resource. */
export class ResultKeys {
  readonly #libraryVersion: string;
  #bases = new WeakMap<readonly PlannedControl[], string>();
  readonly #exceptions = new WeakMap<PostureException, string>();

  constructor(libraryVersion: string) {
    this.#libraryVersion = libraryVersion;
  }

  /** Of what the controls say: `parts` are the hashes of everything that they have seen. */
  judged(plan: readonly PlannedControl[], inputs: ControlInputs, parts: readonly unknown[]): string {
    let base = this.#bases.get(plan);
    if (base === undefined) this.#bases.set(plan, (base = this.#baseOf(plan, inputs)));
    return digest([base, ...parts]);
  }

  /** Of that with exceptions; those that cover nothing of the resource are not in it, so another exception elsewhere changes no key. */
  excepted(judgedKey: string, applied: ReadonlyMap<PostureException, number>): string {
    if (applied.size === 0) return judgedKey;
    return digest([judgedKey, ...Array.from(applied.keys(), (exception) => this.#fingerprint(exception)).sort()]);
  }

  inputsChanged(): void {
    this.#bases = new WeakMap();
  }

  #baseOf(plan: readonly PlannedControl[], inputs: ControlInputs): string {
    const names = new Set(plan.flatMap(({ rules }) => rules.flatMap((rule) => rule.inputs)));
    return digest([
      this.#libraryVersion,
      plan.map(({ controlId }) => controlId),
      [...names].sort().map((name) => [name, inputs[name]]),
    ]);
  }

  #fingerprint(exception: PostureException): string {
    let known = this.#exceptions.get(exception);
    if (known === undefined) {
      const { id, source, coverage, policy } = exception;
      this.#exceptions.set(exception, (known = digest([id, source, coverage, policy])));
    }
    return known;
  }
}

function digest(parts: readonly unknown[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url');
}
