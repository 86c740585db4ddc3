import { kindName, kinds } from '@kso/controls';
import {
  type ControlException,
  coversWholeCluster,
  createExceptionSet,
  type ExceptedControls,
  type ExceptionProblem,
  type ExceptionSet,
  type ExceptionSubject,
  type ExceptionTerms,
  entriesFor,
  applyExceptions as exceptControls,
  inlineExceptions,
  type NamespaceLabels,
  type PostureException,
  type ReadExceptions,
  readSecurityException,
  scopeCovers,
} from '@kso/domain';
import type { AppliedException, ControlResult, GroupKind, KubeObject } from '@kso/wire';
import { recordKey } from './object-record.ts';

/** Exceptions that people keep as objects of the cluster, or beside their manifests. */
const securityExceptionKinds: readonly GroupKind[] = [
  { group: 'kubescape.io', kind: 'SecurityException' },
  { group: 'kubescape.io', kind: 'ClusterSecurityException' },
];

/** These kinds, each once, and with custom resources what exceptions are read from and select by. */
export function watchedKinds(read: readonly GroupKind[], customResources: boolean): readonly GroupKind[] {
  const all = customResources ? [...read, ...securityExceptionKinds, kinds.namespace] : read;
  return [...new Map(all.map((kind) => [kindName(kind), kind])).values()];
}

export interface ExceptionBookOptions {
  readonly exceptions: readonly PostureException[];
  readonly terms: ExceptionTerms;
  readonly namespaceLabels: NamespaceLabels;
  /** Honour annotations of the objects themselves. */
  readonly inline: boolean;
  readonly now: number;
}

const noExceptions: ReadExceptions = { exceptions: [], problems: [] };

/** All exceptions of a scan, whatever their source, as they come, go and expire. */
export class ExceptionBook {
  readonly #options: ExceptionBookOptions;
  #given: readonly PostureException[];
  /** Those of custom resources, by the key of the object. */
  readonly #objects = new Map<string, ReadExceptions>();
  #now: number;
  #set: ExceptionSet;

  constructor(options: ExceptionBookOptions) {
    this.#options = options;
    this.#given = options.exceptions;
    this.#now = options.now;
    this.#set = this.#merged(this.#given);
  }

  get set(): ExceptionSet {
    return this.#set;
  }

  get now(): number {
    return this.#now;
  }

  /** Answers the exceptions that are in force now and were not, or the other way round. */
  give(exceptions: readonly PostureException[]): readonly PostureException[] {
    this.#given = exceptions;
    return this.#remerge();
  }

  put(object: KubeObject): readonly PostureException[] {
    const { id, exception, problems } = readSecurityException(object, { source: 'cluster', origin: 'cluster' });
    this.#objects.set(recordKey(object), {
      exceptions: exception === undefined ? [] : [exception],
      problems: problems.length === 0 ? [] : [{ id, source: 'cluster', problem: problems.join('; ') }],
    });
    return this.#remerge();
  }

  delete(object: KubeObject): readonly PostureException[] {
    return this.#objects.delete(recordKey(object)) ? this.#remerge() : [];
  }

  expire(now: number): readonly PostureException[] {
    this.#now = now;
    return this.#remerge();
  }

  /** Other exceptions in place of those that were given; custom resources and annotations still count. */
  setWith(given: readonly PostureException[] | undefined): ExceptionSet {
    return given === undefined ? this.#set : this.#merged(given);
  }

  inlineOf({ objects, resourceId }: ExceptionSubject): ReadExceptions {
    if (!this.#options.inline) return noExceptions;
    const [first, second] = objects.map(({ object }) => inlineExceptions(object, resourceId));
    if (second === undefined) return first ?? noExceptions;
    return {
      exceptions: [...(first?.exceptions ?? []), ...second.exceptions],
      problems: [...(first?.problems ?? []), ...second.problems],
    };
  }

  apply(controls: readonly ControlResult[], subject: ExceptionSubject, set = this.#set): ExceptedControls {
    const { terms, namespaceLabels } = this.#options;
    const inline = this.inlineOf(subject).exceptions.filter(({ expiresAt = Infinity }) => expiresAt > this.#now);
    if (inline.length === 0) return exceptControls(controls, subject, { ...set, namespaceLabels });
    return exceptControls(controls, subject, {
      exceptions: [...set.exceptions, ...inline],
      forControl: (id): readonly ControlException[] => [...set.forControl(id), ...entriesFor(inline, id, terms)],
      namespaceLabels,
    });
  }

  covers({ scopes }: PostureException, subject: ExceptionSubject): boolean {
    return scopes.some((scope) => scopeCovers(scope, subject, this.#options.namespaceLabels));
  }

  /** True if some exception asks for the labels of namespaces. */
  readsNamespaces(set = this.#set): boolean {
    return set.exceptions.some(({ scopes }) => scopes.some(({ namespaceSelector }) => namespaceSelector !== undefined));
  }

  /** Exceptions that restrict nothing but the cluster, for controls that have no resources. */
  forWholeCluster(controlId: string, cluster: string, set: ExceptionSet): AppliedException[] {
    return set.forControl(controlId).flatMap(({ exception, entry, frameworks }) => {
      const scope = exception.scopes.find(
        (each) => coversWholeCluster(each) && each.fields.cluster?.matches(cluster) !== false,
      );
      // A rule or a framework that it is limited to says nothing about the control as a whole.
      if (scope === undefined || frameworks !== undefined || entry.ruleName !== undefined) return [];
      const { id, source, policy } = exception;
      return [{ id, source, policy: { ...policy, resources: [scope.document], posturePolicies: [entry.document] } }];
    });
  }

  #merged(given: readonly PostureException[]): ExceptionSet {
    const objects = [...this.#objects.values()];
    const problems: ExceptionProblem[] = objects.flatMap((read) => read.problems);
    const all = [...given, ...objects.flatMap(({ exceptions }) => exceptions)];
    return createExceptionSet(all, this.#options.terms, this.#now, problems);
  }

  #remerge(): readonly PostureException[] {
    const before = new Set(this.#set.exceptions);
    this.#set = this.#merged(this.#given);
    const after = new Set(this.#set.exceptions);
    return [...before.symmetricDifference(after)];
  }
}
