import { builtInCatalogue, type ControlInfo, type ControlInputs, kindName, kinds, objectId } from '@kso/controls';
import { isSecurityException, type PostureException, type SourceEvent } from '@kso/domain';
import type { ExceptionAudit, GroupKind, KubeObject, ResourceResult } from '@kso/wire';
import { Asking } from './asking.ts';
import { Dependencies, question } from './dependencies.ts';
import { acceptedObject } from './envelope.ts';
import { watchedKinds } from './exception-book.ts';
import { type JudgeContext, judge } from './judge.ts';
import { KindFailures } from './kind-failures.ts';
import { ObjectIndex } from './object-index.ts';
import { recordKey, recordOf } from './object-record.ts';
import { OwnedChildren } from './owned-children.ts';
import type {
  AcceptedControls,
  ClusterFacts,
  EvaluatedResource,
  Evaluation,
  FailedKind,
  ForeignResults,
  ObjectRecord,
  ObjectReference,
  PolicyChange,
  PolicyEngine,
  PolicyEngineOptions,
  UnresolvedBinding,
} from './port.ts';
import { RbacIndex, type VectorRecord } from './rbac-index.ts';
import { ResultKeys } from './result-keys.ts';
import { changedInputs, planOf, planRules, readsInputs, unconfigured } from './rule-plan.ts';
import { newTarget, type Target } from './target.ts';
import { TargetExceptions } from './target-exceptions.ts';
import { clusterFacts, ownHashes, resourceOf } from './target-view.ts';

/** Makes the engine. It starts without objects; `apply` brings them in. */
export function createPolicyEngine(options: PolicyEngineOptions): PolicyEngine {
  return new IncrementalPolicyEngine(options);
}

class IncrementalPolicyEngine implements PolicyEngine {
  readonly kinds: readonly GroupKind[];
  readonly #options: PolicyEngineOptions;
  #plan;
  readonly #index = new ObjectIndex();
  readonly #rbac;
  readonly #dependencies = new Dependencies();
  readonly #targets = new Map<string, Target>();
  /** To be judged. */
  readonly #marked = new Set<Target>();
  readonly #exceptions: TargetExceptions;
  readonly #infos: ReadonlyMap<string, ControlInfo>;
  readonly #keys: ResultKeys;
  readonly #additionalKinds: ReadonlySet<string>;
  #inputs: ControlInputs;
  #foreign: ForeignResults = { results: new Map(), resources: new Map() };
  readonly #removed = new Set<string>();
  /** Ids that `evaluate` has told of and not taken back. */
  readonly #told = new Set<string>();
  readonly #failures = new KindFailures();
  readonly #owned = new OwnedChildren();
  readonly #ids = new WeakMap<KubeObject, string>();
  readonly #isIncremental: boolean;

  constructor(options: PolicyEngineOptions) {
    this.#options = options;
    this.#isIncremental = options.incremental !== false;
    this.#plan = planRules(options.controls);
    this.#rbac = new RbacIndex(this.#index, options.assumedRoles);
    const { catalogue = builtInCatalogue, additionalKinds = [], customResources = true } = options;
    this.#inputs = options.inputs;
    this.#keys = new ResultKeys(options.libraryVersion);
    this.#infos = new Map(catalogue.controls.map((info) => [info.id, info]));
    this.#additionalKinds = new Set(additionalKinds.map(kindName));
    this.kinds = watchedKinds([...this.#plan.kinds, ...additionalKinds], customResources);
    this.#exceptions = new TargetExceptions(options, catalogue, {
      targets: this.#targets,
      index: this.#index,
      dependencies: this.#dependencies,
      keys: this.#keys,
    });
  }

  get pending(): number {
    return this.#marked.size + this.#exceptions.pending.size;
  }

  get objects(): number {
    return this.#index.size;
  }

  failedKinds(): readonly FailedKind[] {
    return this.#failures.all;
  }

  unresolvedBindings(alsoAssumed?: boolean): readonly UnresolvedBinding[] {
    return this.#rbac.unresolved(alsoAssumed);
  }

  apply(event: SourceEvent): void {
    switch (event.type) {
      case 'added':
      case 'modified':
      case 'deleted':
        this.#applyObject(event);
        return;
      case 'failed':
        if (this.#failures.failed(event)) this.#markAll();
        return;
      case 'synced':
        if (this.#failures.synced(event.kind)) this.#markAll();
        return;
      case 'unreadable':
      case 'readable':
        return;
    }
  }

  evaluate(limit = Number.POSITIVE_INFINITY): Evaluation {
    const changed: ResourceResult[] = [];
    let evaluated = 0;
    for (const set of [this.#marked, this.#exceptions.pending]) {
      for (const target of set) {
        if (evaluated++ >= limit) break;
        set.delete(target);
        if (set === this.#marked) {
          this.#exceptions.pending.delete(target);
          this.#judge(target);
        }
        const result = this.#exceptions.except(target);
        const same = this.#isIncremental && target.result?.idempotencyKey === result.idempotencyKey;
        if (same) continue;
        target.result = result;
        changed.push(result);
        this.#told.add(result.resourceId);
      }
    }
    const removed = [...this.#removed];
    this.#removed.clear();
    for (const id of removed) this.#told.delete(id);
    return { changed, removed };
  }

  *results(): Iterable<ResourceResult> {
    for (const { result } of this.#targets.values())
      if (result !== undefined && result.controls.length > 0) yield result;
  }

  result(resourceId: string): ResourceResult | undefined {
    return this.#targets.get(resourceId)?.result;
  }

  resource(resourceId: string): EvaluatedResource | undefined {
    const target = this.#targets.get(resourceId);
    return target === undefined ? undefined : resourceOf(target, this.#index.count(kindName(kinds.node)));
  }

  update({ inputs, exceptions, controls }: PolicyChange): void {
    if (controls !== undefined) {
      this.#plan = planRules(controls);
      this.#markAll();
    }
    if (exceptions !== undefined) this.#exceptions.give(exceptions);
    if (inputs === undefined) return;
    const changed = changedInputs(this.#inputs, inputs);
    if (changed.size === 0) return;
    this.#inputs = inputs;
    this.#keys.inputsChanged();
    for (const target of this.#targets.values())
      if (readsInputs(planOf(this.#plan, target), changed)) this.#marked.add(target);
  }

  expireExceptions(now: number): void {
    this.#exceptions.expire(now);
  }

  get nextExpiry(): number | undefined {
    return this.#exceptions.nextExpiry;
  }

  resultsWith(exceptions: readonly PostureException[]): Iterable<ResourceResult> {
    return this.#exceptions.resultsWith(exceptions);
  }

  exceptionAudit(exceptions?: readonly PostureException[]): ExceptionAudit[] {
    return this.#exceptions.audit(exceptions);
  }

  acceptedControls(exceptions?: readonly PostureException[]): AcceptedControls {
    return this.#exceptions.acceptedControls(exceptions);
  }

  setForeignResults(foreign: ForeignResults): void {
    const before = this.#foreign;
    this.#foreign = foreign;
    for (const id of before.results.keys()) {
      if (foreign.results.has(id)) continue;
      const target = this.#targets.get(id);
      if (target?.type === 'foreign') this.#removeTarget(id);
      else if (target !== undefined) this.#marked.add(target);
    }
    for (const [id, controls] of foreign.results) {
      const target = this.#targets.get(id);
      const resource = foreign.resources.get(id);
      if (target?.type === 'foreign' && resource !== undefined) target.resource = resource;
      if (target !== undefined) {
        if (before.results.get(id) !== controls) this.#marked.add(target);
      } else if (resource !== undefined) this.#enterTarget({ type: 'foreign', id, resource, ...newTarget });
    }
  }

  context(): ClusterFacts {
    const all = (kind: GroupKind): KubeObject[] => Array.from(this.#index.all(kindName(kind)), ({ object }) => object);
    const descriptions = [kinds.eksCluster, kinds.gkeCluster, kinds.aksCluster].flatMap(all);
    return clusterFacts(this.#index.counts, all(kinds.node), descriptions);
  }

  resultsOf(reference: ObjectReference): ResourceResult[] {
    const targets = new Set<Target>();
    const group = reference.apiVersion?.includes('/') === true ? reference.apiVersion.split('/')[0] : undefined;
    for (const kind of this.kinds) {
      const fits = kind.kind === reference.kind && (group === undefined || kind.group === group);
      if (fits) for (const target of this.#concerned(kindName(kind), reference)) targets.add(target);
    }
    return [...targets].flatMap(({ result }) => (result === undefined ? [] : [result]));
  }

  isOwnedChild(reference: ObjectReference): boolean {
    return this.#owned.has(reference);
  }

  #applyObject({ type, object: received, origin }: Extract<SourceEvent, { object: KubeObject }>): void {
    const object = acceptedObject(received);
    if (object === undefined) return;
    if (isSecurityException(object)) {
      if (this.#options.customResources === false) return;
      this.#exceptions.applyObject(type, object);
      return;
    }
    const previous = this.#index.get(recordKey(object));
    const isChild = this.#owned.take(object, type === 'deleted');
    if (type === 'deleted' || isChild) {
      if (previous !== undefined) this.#replace(previous, undefined);
      return;
    }
    const next = recordOf(object, origin);
    if (previous !== undefined && previous.id === next.id && previous.hash() === next.hash()) {
      previous.weight = next.weight;
      return;
    }
    this.#replace(previous, next);
  }

  #replace(previous: ObjectRecord | undefined, next: ObjectRecord | undefined): void {
    const records = [previous, next].filter((record) => record !== undefined);
    const bindings = new Set(records.flatMap((record) => this.#rbac.bindingsConcerned(record)));
    for (const record of records) this.#mark(this.#dependencies.dependentsOf(record));
    const dropped = [...bindings].flatMap((binding) => this.#dropVectors(binding));
    const { kindName: kind = '' } = next ?? previous ?? {};
    const hadKind = this.#index.has(kind);

    if (previous !== undefined) this.#index.remove(previous);
    if (next !== undefined) {
      this.#index.add(next);
      this.#ids.set(next.object, next.id);
    }
    if (this.#index.has(kind) !== hadKind) this.#mark(this.#dependencies.askers([question.any(kind)]));
    if (previous !== undefined && previous.id !== next?.id) this.#removeTarget(previous.id);
    if (next !== undefined) this.#enterObject(next);

    const entered = [...bindings]
      .filter((binding) => this.#index.get(binding.key) === binding)
      .flatMap((binding) => this.#enterVectors(binding));
    const kept = new Set(entered.map(({ id }) => id));
    for (const { id } of dropped) if (!kept.has(id)) this.#removeTarget(id);
  }

  #enterObject(record: ObjectRecord): void {
    if (this.#plan.forObjects(record.kindName).length === 0 && !this.#additionalKinds.has(record.kindName)) return;
    const known = this.#targets.get(record.id);
    if (known?.type === 'object') known.record = record;
    this.#enterTarget(known ?? { type: 'object', id: record.id, record, ...newTarget });
  }

  #dropVectors(binding: ObjectRecord): readonly VectorRecord[] {
    this.#markGrantees(binding);
    return this.#rbac.drop(binding);
  }

  #enterVectors(binding: ObjectRecord): readonly VectorRecord[] {
    const vectors = this.#rbac.enter(binding);
    this.#markGrantees(binding);
    if (this.#plan.forSubjects.length === 0) return vectors;
    for (const { id, vector, role } of vectors) {
      this.#ids.set(role.object, role.id);
      const known = this.#targets.get(id);
      if (known?.type === 'subject') Object.assign(known, { vector, binding, role });
      this.#enterTarget(known ?? { type: 'subject', id, vector, binding, role, ...newTarget });
    }
    return vectors;
  }

  #markGrantees(binding: ObjectRecord): void {
    for (const key of RbacIndex.subjectKeysOf(binding)) this.#mark(this.#dependencies.dependentsOfGrant(key));
  }

  #enterTarget(target: Target): void {
    this.#targets.set(target.id, target);
    this.#removed.delete(target.id);
    this.#marked.add(target);
  }

  #removeTarget(id: string): void {
    const target = this.#targets.get(id);
    if (target === undefined) return;
    this.#targets.delete(id);
    this.#marked.delete(target);
    this.#exceptions.forget(target);
    this.#dependencies.remove(target);
    if (this.#told.has(id)) this.#removed.add(id);
  }

  #mark(targets: Iterable<Target>): void {
    for (const target of targets) this.#marked.add(target);
  }

  #markAll(): void {
    this.#mark(this.#targets.values());
  }

  #judge(target: Target): void {
    const asking = new Asking(this.#index, this.#rbac);
    const plan = planOf(this.#plan, target);
    const missing = new Set<string>();
    const context: JudgeContext = {
      asking,
      inputs: this.#inputs,
      idOf: (object) => this.#ids.get(object) ?? objectId(object),
      missingKinds: (rule) => {
        const names = this.#failures.missingFor(rule);
        for (const name of names) missing.add(name);
        return names;
      },
      unconfigured: (controlId, rule) => unconfigured(rule, this.#inputs, this.#infos.get(controlId)),
    };
    const controls = target.type === 'foreign' ? [] : judge(target, plan, context);
    const foreign = this.#foreign.results.get(target.id) ?? [];
    target.judged = foreign.length === 0 ? controls : [...controls, ...foreign];
    if (!this.#isIncremental) return;
    this.#dependencies.replace(target, asking.asked);
    target.judgedKey = this.#keys.judged(plan, this.#inputs, [
      ownHashes(target),
      [...asking.traces()].sort(),
      [...missing].sort(),
      ...(foreign.length === 0 ? [] : [foreign]),
    ]);
  }

  *#concerned(kind: string, { name, namespace = '' }: ObjectReference): Iterable<Target> {
    const records = [...new Set([namespace, ''])].flatMap((place) => [...this.#index.named(kind, place, name)]);
    for (const record of records) {
      const own = this.#targets.get(record.id);
      if (own !== undefined) yield own;
      for (const binding of this.#rbac.bindingsConcerned(record)) yield* this.#vectorTargets(binding);
      yield* this.#dependencies.dependentsOf(record);
    }
    // What asked for it when it was there, or asks for it now that it is not.
    if (records.length === 0)
      yield* this.#dependencies.askers([
        question.all(kind),
        question.inNamespace(kind, namespace),
        question.named(kind, namespace, name),
        question.selecting(kind, namespace),
      ]);
  }

  *#vectorTargets(binding: ObjectRecord): Iterable<Target> {
    for (const { id } of this.#rbac.vectorsOf(binding)) {
      const target = this.#targets.get(id);
      if (target !== undefined) yield target;
    }
  }
}
