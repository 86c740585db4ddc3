import { type ObjectSource, SourceError } from '@kso/domain';
import type { GroupKind } from '@kso/wire';

/**
 * Several folders and files as one source. A kind counts as read when every part has read it; a part without any object does not
 * fail the others.
 */
export function combineSources(name: string, sources: readonly ObjectSource[]): ObjectSource {
  const [only] = sources;
  if (only !== undefined && sources.length === 1) return { ...bound(only), name };
  return {
    name,
    type: 'manifests',
    watch: async (kinds, onEvent, signal) => {
      const unread = new Map<string, Set<ObjectSource>>(kinds.map((kind) => [keyOf(kind), new Set(sources)]));
      const read = (source: ObjectSource, kind: GroupKind): boolean => {
        const left = unread.get(keyOf(kind));
        left?.delete(source);
        return left === undefined || left.size === 0;
      };
      const empty: SourceError[] = [];
      for (const source of sources) {
        try {
          await source.watch(
            kinds,
            (event) => {
              if (event.type !== 'synced' || read(source, event.kind)) onEvent(event);
            },
            signal,
          );
        } catch (error) {
          if (!(error instanceof SourceError) || error.reason !== 'nothingToScan') throw error;
          empty.push(error);
          for (const kind of kinds) if (read(source, kind)) onEvent({ type: 'synced', kind });
        }
      }
      const [first] = empty;
      if (first !== undefined && empty.length === sources.length) throw first;
    },
  };
}

function bound(source: ObjectSource): ObjectSource {
  return {
    name: source.name,
    type: source.type,
    watch: (kinds, onEvent, signal) => source.watch(kinds, onEvent, signal),
  };
}

function keyOf({ group, kind }: GroupKind): string {
  return `${group}/${kind}`;
}
