import { hash } from 'node:crypto';
import { controlInfo, kindName, objectId, type Rule } from '@kso/controls';
import { isRecord, isWorkload, type SourceEvent } from '@kso/domain';
import type { GroupKind, KubeObject, ResourceResult } from '@kso/wire';
import { Asking } from './asking.ts';
import { Dependencies, question } from './dependencies.ts';
import { acceptedObject } from './envelope.ts';
import { type JudgeContext, judge } from './judge.ts';
import { ObjectIndex } from './object-index.ts';
import { recordKey, recordOf } from './object-record.ts';
import { isOwnedChild } from './owned-children.ts';
import type {
  EvaluatedResource,
  Evaluation,
  FailedKind,
  ObjectRecord,
  ObjectReference,
  PolicyEngine,
  PolicyEngineOptions,
} from './port.ts';
import { RbacIndex, type VectorRecord } from './rbac-index.ts';
import { planRules } from './rule-plan.ts';
import { newTarget, type Target } from './target.ts';

/** Makes the engine. It starts without objects; `apply` brings them in. */
export function createPolicyEngine(options: PolicyEngineOptions): PolicyEngine {
  return new IncrementalPolicyEngine(options);
}

class IncrementalPolicyEngine implements PolicyEngine {
  readonly kinds: readonly GroupKind[];
  readonly #options: PolicyEngineOptions;
  readonly #plan;
  readonly #index = new ObjectIndex();
  readonly #rbac = new RbacIndex(this.#index);
  readonly #dependencies = new Dependencies();
  readonly #targets = new Map<string, Target>();
  readonly #marked = new Set<Target>();
  readonly #removed = new Set<string>();
  /** Ids that `evaluate` has told of and not taken back. */
  readonly #told = new Set<string>();
  readonly #failed = new Map<string, FailedKind>();
  readonly #synced = new Set<string>();
  readonly #ids = new WeakMap<KubeObject, string>();
  readonly #keyBase: string;
  readonly #isIncremental: boolean;

  constructor(options: PolicyEngineOptions) {
    this.#options = options;
    this.#isIncremental = options.incremental !== false;
    this.#plan = planRules(options.controls);
    this.kinds = this.#plan.kinds;
    const { libraryVersion, inputs, exceptionsVersion = '', controls } = options;
    this.#keyBase = JSON.stringify([libraryVersion, inputs, exceptionsVersion, controls.map(({ id }) => id)]);
  }

  get pending(): number {
    return this.#marked.size;
  }

  get objects(): number {
    return this.#index.size;
  }

  failedKinds(): readonly FailedKind[] {
    return [...this.#failed.values()];
  }

  apply(event: SourceEvent): void {
    switch (event.type) {
      case 'added':
      case 'modified':
      case 'deleted':
        this.#applyObject(event);
        return;
      case 'failed':
        this.#kindFailed(event);
        return;
      case 'synced':
        this.#synced.add(kindName(event.kind));
        if (this.#failed.delete(kindName(event.kind))) this.#markAll();
        return;
      case 'unreadable':
        return;
    }
  }

  evaluate(limit = Number.POSITIVE_INFINITY): Evaluation {
    const changed: ResourceResult[] = [];
    let evaluated = 0;
    for (const target of this.#marked) {
      if (evaluated++ >= limit) break;
      this.#marked.delete(target);
      const result = this.#evaluate(target);
      const same = this.#isIncremental && target.result?.idempotencyKey === result.idempotencyKey;
      target.result = same ? target.result : result;
      if (same) continue;
      changed.push(result);
      this.#told.add(result.resourceId);
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
    if (target === undefined) return undefined;
    if (target.type === 'object') {
      const { object, origin, namespace } = target.record;
      return {
        id: target.id,
        object,
        weight: weightOf(object),
        namespace,
        ...(origin === undefined ? {} : { origin }),
      };
    }
    const { subject } = target.vector;
    const related = [target.binding.object, target.role.object];
    return {
      id: target.id,
      object: { ...definedFields(subject), relatedObjects: related },
      weight: Math.max(...related.map(weightOf)),
      namespace: subject.namespace ?? target.binding.namespace,
    };
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

  #applyObject({ type, object: received, origin }: Extract<SourceEvent, { object: KubeObject }>): void {
    const object = acceptedObject(received);
    if (object === undefined) return;
    const previous = this.#index.get(recordKey(object));
    if (type === 'deleted' || isOwnedChild(object)) {
      if (previous !== undefined) this.#replace(previous, undefined);
      return;
    }
    const next = recordOf(object, origin);
    if (previous !== undefined && previous.id === next.id && previous.hash() === next.hash()) return;
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
    if (this.#plan.forObjects(record.kindName).length === 0) return;
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
    this.#dependencies.remove(target);
    if (this.#told.has(id)) this.#removed.add(id);
  }

  #mark(targets: Iterable<Target>): void {
    for (const target of targets) this.#marked.add(target);
  }

  #markAll(): void {
    this.#mark(this.#targets.values());
  }

  #kindFailed({ kind, reason, detail }: Extract<SourceEvent, { type: 'failed' }>): void {
    const name = kindName(kind);
    // A kind that the cluster does not serve has no objects: there is nothing that could be missed.
    if (reason === 'notServed') {
      if (this.#failed.delete(name)) this.#markAll();
      return;
    }
    // What was read before an outage is the best that is known until it ends.
    if (reason === 'unreachable' && this.#synced.has(name)) return;
    this.#failed.set(name, { kind, reason, detail });
    this.#markAll();
  }

  #evaluate(target: Target): ResourceResult {
    const asking = new Asking(this.#index, this.#rbac);
    const plan = target.type === 'object' ? this.#plan.forObjects(target.record.kindName) : this.#plan.forSubjects;
    const missing = new Set<string>();
    const context: JudgeContext = {
      asking,
      inputs: this.#options.inputs,
      idOf: (object) => this.#ids.get(object) ?? objectId(object),
      missingKinds: (rule) => this.#missingKinds(rule, missing),
      unconfigured: (controlId, rule) => this.#unconfigured(controlId, rule),
    };
    const controls = judge(target, plan, context);
    if (this.#isIncremental) this.#dependencies.replace(target, asking.asked);
    return {
      ...identityOf(target),
      idempotencyKey: this.#isIncremental ? this.#keyOf(target, asking, missing) : '',
      controls,
    };
  }

  #missingKinds(rule: Rule, seen: Set<string>): readonly string[] {
    if (this.#failed.size === 0) return [];
    const names = rule.related.map(kindName).filter((name) => this.#failed.has(name));
    for (const name of names) seen.add(name);
    return names;
  }

  #unconfigured(controlId: string, rule: Rule): string | undefined {
    const { inputs } = this.#options;
    if (rule.inputs.length === 0 || rule.inputs.some((name) => inputs[name].length > 0)) return undefined;
    if (controlInfo(controlId).actionRequired !== 'configuration') return undefined;
    return `all control inputs are empty: ${rule.inputs.join(', ')}`;
  }

  #keyOf(target: Target, asking: Asking, missing: ReadonlySet<string>): string {
    const own =
      target.type === 'object'
        ? [target.record.hash()]
        : [target.binding.hash(), target.role.hash(), String(target.vector.subjectIndex)];
    const related = [...asking.traces()].sort();
    return hash('sha256', JSON.stringify([this.#keyBase, own, related, [...missing].sort()]), 'base64url');
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

function identityOf(target: Target): Pick<ResourceResult, 'resourceId' | 'apiVersion' | 'kind' | 'namespace' | 'name'> {
  if (target.type === 'object') {
    const { apiVersion, kind, metadata } = target.record.object;
    return { resourceId: target.id, apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name };
  }
  const { apiGroup = '', kind, namespace = '', name } = target.vector.subject;
  return { resourceId: target.id, apiVersion: apiGroup, kind, namespace, name };
}

/** How many pods a workload stands for, as the risk score counts them (scanner.md 11.3). */
function weightOf(object: KubeObject): number {
  const spec = isWorkload(object) ? object['spec'] : undefined;
  const replicas = isRecord(spec) ? spec['replicas'] : undefined;
  return typeof replicas === 'number' && replicas > 1 ? replicas * 1.1 : 1;
}

function definedFields(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}
