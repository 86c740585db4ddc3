import {
  effectiveNamespace,
  kindName,
  kinds,
  roleRefOf,
  type SubjectVector,
  subjectKey,
  subjectsOf,
  vectorId,
  vectorsOf,
} from '@kso/controls';
import type { KubeObject } from '@kso/wire';
import { aggregated, aggregates } from './aggregated-role.ts';
import { getOrMake, type ObjectIndex } from './object-index.ts';
import { recordOf } from './object-record.ts';
import type { ObjectRecord, UnresolvedBinding } from './port.ts';

const bindingKinds = new Set([kindName(kinds.roleBinding), kindName(kinds.clusterRoleBinding)]);
const clusterRole = kindName(kinds.clusterRole);
const roleKinds = new Set([kindName(kinds.role), clusterRole]);

export interface VectorRecord {
  readonly id: string;
  readonly vector: SubjectVector;
  readonly binding: ObjectRecord;
  readonly role: ObjectRecord;
}

/** Who holds which role by which binding: kept up to date as bindings and roles come and go. */
export class RbacIndex {
  readonly #objects: ObjectIndex;
  /** Vectors of a binding, by the key of its record. */
  readonly #vectors = new Map<string, readonly VectorRecord[]>();
  readonly #bySubject = new Map<string, Set<VectorRecord>>();
  /** Bindings that name a role, whether it exists or not. */
  readonly #bindingsOfRole = new Map<string, Set<ObjectRecord>>();
  /** Bindings of roles that are put together from other ClusterRoles: each of those may change them. */
  readonly #bindingsOfAggregated = new Set<ObjectRecord>();
  readonly #unresolved = new Set<ObjectRecord>();
  /** Bindings whose role is only assumed. */
  readonly #assuming = new Set<ObjectRecord>();
  readonly #assumed: ReadonlyMap<string, ObjectRecord>;

  constructor(objects: ObjectIndex, assumedRoles: readonly KubeObject[] = []) {
    this.#objects = objects;
    this.#assumed = new Map(
      assumedRoles.map((role) => recordOf(role, undefined)).map((record) => [roleKeyOf(record), record]),
    );
  }

  static isBinding({ kindName }: ObjectRecord): boolean {
    return bindingKinds.has(kindName);
  }

  static isRole({ kindName }: ObjectRecord): boolean {
    return roleKinds.has(kindName);
  }

  /** Bindings whose vectors change with this binding or role. */
  bindingsConcerned(record: ObjectRecord): readonly ObjectRecord[] {
    if (RbacIndex.isBinding(record)) return [record];
    if (!RbacIndex.isRole(record)) return [];
    const named = this.#bindingsOfRole.get(roleKeyOf(record)) ?? [];
    return record.kindName === clusterRole ? [...new Set([...named, ...this.#bindingsOfAggregated])] : [...named];
  }

  /** Takes the vectors of a binding out; answers those that it had. */
  drop(binding: ObjectRecord): readonly VectorRecord[] {
    this.#bindingsOfRole.get(roleKeyOfBinding(binding))?.delete(binding);
    this.#bindingsOfAggregated.delete(binding);
    this.#unresolved.delete(binding);
    this.#assuming.delete(binding);
    const vectors = this.#vectors.get(binding.key) ?? [];
    this.#vectors.delete(binding.key);
    for (const vector of vectors) this.#bySubject.get(subjectOf(vector))?.delete(vector);
    return vectors;
  }

  /** Puts the vectors of a binding in, with the roles as they are now. */
  enter(binding: ObjectRecord): readonly VectorRecord[] {
    getOrMake(this.#bindingsOfRole, roleKeyOfBinding(binding), () => new Set<ObjectRecord>()).add(binding);
    const roles = this.#rolesOf(binding).map((role) => {
      if (this.#assumed.get(roleKeyOfBinding(binding)) === role) this.#assuming.add(binding);
      if (aggregates(role).length === 0) return role;
      this.#bindingsOfAggregated.add(binding);
      return aggregated(role, this.#clusterRoles());
    });
    if (roles.length === 0) this.#unresolved.add(binding);
    const recordOf = (vector: SubjectVector): VectorRecord[] =>
      roles
        .filter(({ object }) => object === vector.role)
        .map((role) => ({ id: idOf(vector, binding, role), vector, binding, role }));
    const vectors = vectorsOf(
      binding.object,
      roles.map(({ object }) => object),
    ).flatMap(recordOf);
    this.#vectors.set(binding.key, vectors);
    for (const vector of vectors)
      getOrMake(this.#bySubject, subjectOf(vector), () => new Set<VectorRecord>()).add(vector);
    return vectors;
  }

  grants(subject: string): Iterable<VectorRecord> {
    return this.#bySubject.get(subject) ?? [];
  }

  vectorsOf(binding: ObjectRecord): readonly VectorRecord[] {
    return this.#vectors.get(binding.key) ?? [];
  }

  /** Keys of all subjects that the binding names. */
  static subjectKeysOf({ object }: ObjectRecord): string[] {
    return subjectsOf(object).map(({ subject }) => subjectKey(subject, object));
  }

  unresolved(alsoAssumed = false): UnresolvedBinding[] {
    return [...this.#unresolved, ...(alsoAssumed ? this.#assuming : [])].map(({ object, namespace }) => {
      const { kind, name } = roleRefOf(object);
      return { binding: object, role: kind === 'Role' ? `Role/${namespace}/${name}` : `${kind}/${name}` };
    });
  }

  #rolesOf(binding: ObjectRecord): ObjectRecord[] {
    const { kind, name } = roleRefOf(binding.object);
    const isRole = kind === 'Role';
    const found = [
      ...this.#objects.named(isRole ? kindName(kinds.role) : clusterRole, isRole ? binding.namespace : '', name),
    ];
    const assumed = this.#assumed.get(roleKeyOfBinding(binding));
    return found.length === 0 && assumed !== undefined ? [assumed] : found;
  }

  *#clusterRoles(): Iterable<ObjectRecord> {
    yield* this.#objects.all(clusterRole);
    for (const role of this.#assumed.values()) {
      const isReplaced = [...this.#objects.named(clusterRole, '', role.object.metadata.name)].length > 0;
      if (role.kindName === clusterRole && !isReplaced) yield role;
    }
  }
}

function idOf(vector: SubjectVector, binding: ObjectRecord, role: ObjectRecord): string {
  return vectorId(vector, (object) => (object === binding.object ? binding.id : role.id));
}

function subjectOf({ vector }: VectorRecord): string {
  return subjectKey(vector.subject, vector.binding);
}

function roleKeyOf({ kindName, namespace, object }: ObjectRecord): string {
  return `${kindName}|${namespace}|${object.metadata.name}`;
}

/** A Role is looked for in the namespace of its binding only, whatever other namespaces have. */
function roleKeyOfBinding({ object }: ObjectRecord): string {
  const { kind, name } = roleRefOf(object);
  return kind === 'Role' ? `${kindName(kinds.role)}|${effectiveNamespace(object)}|${name}` : `${clusterRole}||${name}`;
}
