import { groupOf, type ObjectSource, type SourceEvent } from '@kso/domain';
import type { GroupKind, KubeObject } from '@kso/wire';

type ObjectEvent = Extract<SourceEvent, { readonly object: KubeObject }>;
/** About a document that has no kind, because it cannot be read. */
type FileEvent = Extract<SourceEvent, { readonly type: 'unreadable' | 'readable' }>;
type KindEvent = Extract<SourceEvent, { readonly kind: GroupKind }>;

/**
 * One watch for several readers: each gets what is there and then the changes, but the source is read once. Commands about single
 * workloads of a folder would otherwise read the whole folder each time. It keeps the objects of its kinds, so it is for manifests:
 * a cluster is asked for what a command needs.
 */
export function shareSource(source: ObjectSource, kinds: readonly GroupKind[], signal: AbortSignal): ObjectSource {
  const state = createState();
  const readers = new Set<(event: SourceEvent) => void>();
  let reading: Promise<void> | undefined;

  const onEvent = (event: SourceEvent): void => {
    state.remember(event);
    for (const read of readers) read(event);
  };
  const readOnce = (): Promise<void> => {
    reading ??= source.watch(kinds, onEvent, signal).catch((error: unknown) => {
      // The next reader tries again.
      reading = undefined;
      throw error;
    });
    return reading;
  };

  return {
    name: source.name,
    type: source.type,
    watch: async (wanted, onWanted, readerSignal) => {
      await readOnce();
      readerSignal.throwIfAborted();
      const names = new Set(wanted.map(kindName));
      const read = (event: SourceEvent): void => {
        // A document that cannot be read has no kind: everybody hears of it.
        if (isAboutFile(event) || names.has(kindNameOf(event))) onWanted(event);
      };
      for (const event of state.replay()) read(event);
      if (readerSignal.aborted) return;
      readers.add(read);
      readerSignal.addEventListener('abort', () => void readers.delete(read), { once: true });
    },
  };
}

/** What is there, as the events that tell it. */
function createState() {
  const objects = new Map<string, ObjectEvent>();
  const unreadable = new Map<string, FileEvent>();
  const kinds = new Map<string, KindEvent>();
  return {
    remember: (event: SourceEvent): void => {
      switch (event.type) {
        case 'deleted':
          objects.delete(keyOf(event.object));
          return;
        case 'added':
        case 'modified':
          objects.set(keyOf(event.object), { ...event, type: 'added' });
          return;
        case 'unreadable':
          unreadable.set(problemKey(event), event);
          return;
        case 'readable':
          unreadable.delete(problemKey(event));
          return;
        default:
          kinds.set(kindName(event.kind), event);
      }
    },
    replay: (): SourceEvent[] => [...objects.values(), ...unreadable.values(), ...kinds.values()],
  };
}

function problemKey({ file, line, detail }: FileEvent): string {
  return `${file}:${line ?? ''}:${detail}`;
}

function isAboutFile(event: SourceEvent): event is FileEvent {
  return event.type === 'unreadable' || event.type === 'readable';
}

function kindNameOf(event: Exclude<SourceEvent, FileEvent>): string {
  return 'object' in event ? kindName(groupKindOf(event.object)) : kindName(event.kind);
}

function kindName({ group, kind }: GroupKind): string {
  return `${group}/${kind}`;
}

function groupKindOf({ apiVersion, kind }: KubeObject): GroupKind {
  return { group: groupOf(apiVersion), kind };
}

function keyOf(object: KubeObject): string {
  const { namespace = '', name } = object.metadata;
  return `${kindName(groupKindOf(object))}/${namespace}/${name}`;
}
