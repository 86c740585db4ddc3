import { type Change, type Entry, type Operation, operations, type Section, sections } from './sections.ts';

/**
 * Changes that the receiver does not know yet, at most one for each object (kollector.md 9 [N] 3). Nothing is noted before the receiver
 * has got, or is just getting, a first report: that one says everything.
 */
export interface PendingChanges {
  note(section: Section, operation: Operation, key: string, entry: Entry): void;
  /** Forgets what is there and notes what comes. */
  begin(): void;
  /** Forgets what is there and notes nothing any more. */
  end(): void;
  /** What has gathered, in the order in which it is written; it is not pending any more. */
  take(): readonly Change[];
  readonly isEmpty: boolean;
  /** When the newest change was noted, epoch ms. */
  readonly changedAt: number;
  /** Resolves when something is pending. Rejects when the signal aborts. */
  some(signal: AbortSignal): Promise<void>;
}

interface Noted {
  readonly operation: Operation;
  readonly entry: Entry;
}

export function createPendingChanges(now: () => number): PendingChanges {
  const bySection = new Map(sections.map((section) => [section, new Map<string, Noted>()]));
  const waiting = new Set<() => void>();
  let isNoting = false;
  let changedAt = 0;

  const clear = () => {
    for (const noted of bySection.values()) noted.clear();
  };
  const isEmpty = () => [...bySection.values()].every(({ size }) => size === 0);

  return {
    note: (section, operation, key, entry) => {
      if (!isNoting) return;
      const noted = bySection.get(section);
      const next = merge(noted?.get(key)?.operation, operation);
      // The newest comes last, also when it replaces an older one.
      noted?.delete(key);
      if (next !== undefined) noted?.set(key, { operation: next, entry });
      changedAt = now();
      for (const wake of waiting) wake();
    },
    begin: () => {
      clear();
      isNoting = true;
    },
    end: () => {
      clear();
      isNoting = false;
    },
    take: () => {
      const changes = [...bySection].flatMap(([section, noted]) =>
        operations.flatMap((operation) =>
          [...noted.values()]
            .filter((one) => one.operation === operation)
            .map(({ entry }) => ({ section, operation, entry })),
        ),
      );
      clear();
      return changes;
    },
    get isEmpty() {
      return isEmpty();
    },
    get changedAt() {
      return changedAt;
    },
    some: async (signal) => {
      while (isEmpty()) {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        const onAbort = () => reject(signal.reason as Error);
        waiting.add(resolve);
        signal.addEventListener('abort', onAbort, { once: true });
        try {
          signal.throwIfAborted();
          await promise;
        } finally {
          waiting.delete(resolve);
          signal.removeEventListener('abort', onAbort);
        }
      }
    },
  };
}

/** What the receiver has to be told after both; undefined when it need not know. */
function merge(before: Operation | undefined, next: Operation): Operation | undefined {
  if (before === 'create') return next === 'delete' ? undefined : 'create';
  // It was there, is gone, and another one has its name.
  if (before === 'delete' && next === 'create') return 'update';
  return next;
}
