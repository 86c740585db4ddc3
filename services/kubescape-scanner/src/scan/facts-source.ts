import type { ObjectSource, SourceEvent } from '@kso/domain';
import type { GroupKind, KubeObject } from '@kso/wire';

/** Something that controls read and that is no object of the cluster (docs/data-objects.md). */
export interface Fact {
  /** What it is shown as. Cluster-scoped; the source itself is not asked for this kind. */
  readonly kind: GroupKind;
  /** All there is at present; undefined: nothing can be said. Rejects when whoever knows does not answer. */
  read(signal: AbortSignal): Promise<readonly KubeObject[] | undefined>;
  /** Between two readings, in ms. */
  readonly everyMs: number;
}

/** After a reading that failed, or at most `everyMs`. */
const soonMs = 10_000;

/** A source with further objects that are read from time to time. */
export function withFacts(source: ObjectSource, facts: readonly Fact[]): ObjectSource {
  if (facts.length === 0) return source;
  return {
    ...source,
    watch: async (wanted, onEvent, signal) => {
      const asked = facts.filter(({ kind }) => wanted.some((each) => isSame(each, kind)));
      const others = wanted.filter((kind) => !asked.some((fact) => isSame(fact.kind, kind)));
      await source.watch(others, onEvent, signal);
      await Promise.all(asked.map((fact) => follow(fact, onEvent, signal)));
    },
  };
}

/** Resolves after the first reading. */
async function follow(fact: Fact, onEvent: (event: SourceEvent) => void, signal: AbortSignal): Promise<void> {
  const known = new Map<string, { readonly object: KubeObject; readonly text: string }>();
  let problem: string | undefined;
  const look = async (): Promise<boolean> => {
    try {
      const objects = await fact.read(signal);
      if (signal.aborted || objects === undefined) return true;
      for (const event of differences(objects, known)) onEvent(event);
      problem = undefined;
      onEvent({ type: 'synced', kind: fact.kind });
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      const detail = error instanceof Error ? error.message : String(error);
      // What was known stays true until somebody says something else.
      if (known.size === 0 && detail !== problem)
        onEvent({ type: 'failed', kind: fact.kind, reason: 'unreachable', detail });
      problem = detail;
      return false;
    }
  };
  const again = (isRead: boolean) => {
    if (signal.aborted) return;
    const timer = setTimeout(() => void look().then(again), isRead ? fact.everyMs : Math.min(soonMs, fact.everyMs));
    timer.unref();
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  };
  again(await look());
}

function* differences(
  objects: readonly KubeObject[],
  known: Map<string, { readonly object: KubeObject; readonly text: string }>,
): Generator<SourceEvent> {
  const names = new Set<string>();
  for (const object of objects) {
    const { name } = object.metadata;
    const text = JSON.stringify(object);
    const before = known.get(name);
    names.add(name);
    if (before?.text === text) continue;
    known.set(name, { object, text });
    yield { type: before === undefined ? 'added' : 'modified', object };
  }
  for (const [name, { object }] of known) {
    if (names.has(name)) continue;
    known.delete(name);
    yield { type: 'deleted', object };
  }
}

function isSame(a: GroupKind, b: GroupKind): boolean {
  return a.group === b.group && a.kind === b.kind;
}
