import { kindName, kinds, type PolicyCatalogue } from '@kso/controls';
import type { PostureException } from '@kso/domain';
import type { ExceptionAudit, KubeObject, ResourceResult } from '@kso/wire';
import { type Dependencies, question } from './dependencies.ts';
import { auditExceptions } from './exception-audit.ts';
import { ExceptionBook } from './exception-book.ts';
import type { ObjectIndex } from './object-index.ts';
import type { AcceptedControls, PolicyEngineOptions } from './port.ts';
import type { ResultKeys } from './result-keys.ts';
import { newTarget, type Target } from './target.ts';
import { exceptionSubjectOf, identityOf } from './target-view.ts';

/** Parts of the engine that exceptions are laid over. */
interface EngineParts {
  readonly targets: ReadonlyMap<string, Target>;
  readonly index: ObjectIndex;
  readonly dependencies: Dependencies;
  readonly keys: ResultKeys;
}

/** Lays exceptions over what has been judged, and knows which targets a change of exceptions is about. */
export class TargetExceptions {
  /** Judged rightly, but exceptions about them have changed. */
  readonly pending = new Set<Target>();
  readonly #book: ExceptionBook;
  readonly #parts: EngineParts;
  readonly #controlIds: readonly string[];
  readonly #clusterName: string;
  readonly #isIncremental: boolean;
  /** When the exceptions of an object's own annotations expire. */
  readonly #inlineExpiries = new Map<Target, number>();

  constructor(options: PolicyEngineOptions, catalogue: PolicyCatalogue, parts: EngineParts) {
    const { exceptions = [], clusterName = '', inlineExceptions = false, now = Date.now() } = options;
    const names = new Map(catalogue.controls.map(({ id, name }) => [id, name]));
    this.#parts = parts;
    this.#controlIds = [...names.keys()];
    this.#clusterName = clusterName;
    this.#isIncremental = options.incremental !== false;
    this.#book = new ExceptionBook({
      exceptions,
      terms: {
        controlName: (id) => names.get(id) ?? '',
        frameworks: catalogue.frameworks.map(({ name }) => name),
      },
      namespaceLabels: (namespace) => {
        for (const { object } of parts.index.named(kindName(kinds.namespace), '', namespace))
          return object.metadata.labels ?? {};
        return undefined;
      },
      inline: inlineExceptions,
      now,
    });
  }

  give(exceptions: readonly PostureException[]): void {
    this.#changed(this.#book.give(exceptions));
  }

  /** Takes over a change of an object that is an exception. */
  applyObject(type: 'added' | 'modified' | 'deleted', object: KubeObject): void {
    this.#changed(type === 'deleted' ? this.#book.delete(object) : this.#book.put(object));
  }

  forget(target: Target): void {
    this.pending.delete(target);
    this.#inlineExpiries.delete(target);
  }

  expire(now: number): void {
    this.#changed(this.#book.expire(now));
    for (const [target, expiry] of this.#inlineExpiries) {
      if (expiry > now) continue;
      this.#inlineExpiries.delete(target);
      if (this.#parts.targets.get(target.id) === target) this.pending.add(target);
    }
  }

  get nextExpiry(): number | undefined {
    const times = [this.#book.set.nextExpiry ?? Infinity, ...this.#inlineExpiries.values()];
    const next = times.reduce((first, time) => Math.min(first, time));
    return Number.isFinite(next) ? next : undefined;
  }

  *resultsWith(exceptions: readonly PostureException[]): Iterable<ResourceResult> {
    const set = this.#book.setWith(exceptions);
    for (const target of this.#parts.targets.values()) {
      if (target.result === undefined || target.result.controls.length === 0) continue;
      const { controls, applied } = this.#book.apply(target.judged, this.#subjectOf(target), set);
      yield { ...target.result, idempotencyKey: this.#parts.keys.excepted(target.judgedKey, applied), controls };
    }
  }

  audit(exceptions?: readonly PostureException[]): ExceptionAudit[] {
    const set = this.#book.setWith(exceptions);
    const applied = new Map<string, { resources: number; findings: number }>();
    const targets = [...this.#parts.targets.values()];
    const subjects = targets.map((target) => this.#subjectOf(target));
    for (const [index, target] of targets.entries()) {
      const subject = subjects[index];
      const covered =
        set === this.#book.set || subject === undefined
          ? target.applied
          : this.#book.apply(target.judged, subject, set).applied;
      for (const [{ id }, findings] of covered) {
        const known = applied.get(id);
        applied.set(id, { resources: (known?.resources ?? 0) + 1, findings: (known?.findings ?? 0) + findings });
      }
    }
    return auditExceptions({
      set,
      inline: subjects.map((subject) => this.#book.inlineOf(subject)),
      now: this.#book.now,
      applied,
      controlIds: this.#controlIds,
      namespaces: Array.from(this.#parts.index.all(kindName(kinds.namespace)), ({ object }) => object),
      subjects: () => subjects,
      covers: (exception, subject) => this.#book.covers(exception, subject),
    });
  }

  acceptedControls(exceptions?: readonly PostureException[]): AcceptedControls {
    const set = this.#book.setWith(exceptions);
    const clusterName = this.#clusterName;
    return new Map(
      this.#controlIds.flatMap((id) => {
        const covering = this.#book.forWholeCluster(id, clusterName, set);
        return covering.length === 0 ? [] : [[id, covering] as const];
      }),
    );
  }

  /** The result of what has been judged, with the exceptions as they are now. */
  except(target: Target): ResourceResult {
    const mayBeExcepted = target.judged.some(({ status }) => status === 'failed');
    const { controls, applied } = mayBeExcepted
      ? this.#book.apply(target.judged, this.#subjectOf(target))
      : { controls: target.judged, applied: newTarget.applied };
    target.applied = applied;
    if (this.#isIncremental && mayBeExcepted) this.#watchExceptionsOf(target);
    const idempotencyKey = this.#isIncremental ? this.#parts.keys.excepted(target.judgedKey, applied) : '';
    return { ...identityOf(target), idempotencyKey, controls };
  }

  /** Notes what can change about the exceptions of a target although these stay: labels of its namespace, an expiry of its own. */
  #watchExceptionsOf(target: Target): void {
    if (this.#book.readsNamespaces()) {
      for (const { namespace } of this.#subjectOf(target).objects)
        if (namespace !== '')
          this.#parts.dependencies.add(target, question.named(kindName(kinds.namespace), '', namespace));
    }
    const { exceptions } = this.#book.inlineOf(this.#subjectOf(target));
    const next = exceptions.reduce((first, { expiresAt = Infinity }) => Math.min(first, expiresAt), Infinity);
    if (next > this.#book.now && Number.isFinite(next)) this.#inlineExpiries.set(target, next);
    else this.#inlineExpiries.delete(target);
  }

  /** Marks what the exceptions that came or went are about. */
  #changed(changed: readonly PostureException[]): void {
    if (changed.length === 0) return;
    for (const target of this.#parts.targets.values()) {
      if (!target.judged.some(({ status }) => status === 'failed')) continue;
      const subject = this.#subjectOf(target);
      // One that selects namespaces may concern the target later: it is asked once, and then watches its namespace.
      const isConcerned = changed.some(
        (exception) =>
          target.applied.has(exception) ||
          exception.scopes.some(({ namespaceSelector }) => namespaceSelector !== undefined) ||
          this.#book.covers(exception, subject),
      );
      if (isConcerned) this.pending.add(target);
    }
  }

  #subjectOf(target: Target): ReturnType<typeof exceptionSubjectOf> {
    return exceptionSubjectOf(target, this.#clusterName);
  }
}
