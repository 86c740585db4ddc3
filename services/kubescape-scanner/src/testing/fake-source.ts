import { type ObjectSource, SourceError, type SourceEvent } from '@kso/domain';
import type { GroupKind, KubeObject } from '@kso/wire';

/** A source whose objects and failures a test decides on, also while it is watched. */
export interface FakeSource extends ObjectSource {
  emit(event: SourceEvent): void;
  /** Kinds that cannot be read: `Pod`, `rbac.authorization.k8s.io/ClusterRole`. */
  forbid(...kinds: readonly string[]): void;
  /** The next `watch` fails with this; undefined lets it succeed again. */
  breakWith(problem: string | undefined): void;
  readonly watches: number;
}

export function fakeSource(objects: readonly KubeObject[], type: ObjectSource['type'] = 'cluster'): FakeSource {
  const forbidden = new Set<string>();
  const listeners = new Set<(event: SourceEvent) => void>();
  let problem: string | undefined;
  let watches = 0;
  return {
    name: 'test',
    type,
    get watches() {
      return watches;
    },
    emit: (event) => {
      for (const listener of listeners) listener(event);
    },
    forbid: (...kinds) => {
      for (const kind of kinds) forbidden.add(kind);
    },
    breakWith: (next) => {
      problem = next;
    },
    watch: async (kinds, onEvent, signal) => {
      watches++;
      if (problem !== undefined) throw new SourceError('unreachable', problem);
      listeners.add(onEvent);
      signal.addEventListener('abort', () => listeners.delete(onEvent), { once: true });
      const names = new Set(kinds.map(nameOf));
      for (const object of objects) if (names.has(nameOf(kindOf(object)))) onEvent({ type: 'added', object });
      for (const kind of kinds) {
        if (forbidden.has(nameOf(kind))) onEvent({ type: 'failed', kind, reason: 'forbidden', detail: '403' });
        else onEvent({ type: 'synced', kind });
      }
    },
  };
}

function kindOf({ apiVersion, kind }: KubeObject): GroupKind {
  const slash = apiVersion.indexOf('/');
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), kind };
}

function nameOf({ group, kind }: GroupKind): string {
  return group === '' ? kind : `${group}/${kind}`;
}
