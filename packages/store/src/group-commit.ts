import { setImmediate as later } from 'node:timers/promises';
import type { Transactor } from './port.ts';

/**
 * Writes of many, committed together: what is asked for while others wait shares their transaction, and with it the fsync that takes
 * most of the time of a small write.
 */
export interface GroupCommit {
  /**
   * Resolves when `write` is committed, in the order of the calls. One that throws is undone by itself; when the common transaction
   * fails, each is tried alone, so nobody fails because of another.
   */
  run<T>(write: () => T): Promise<T>;
}

export function createGroupCommit({ transaction }: Transactor): GroupCommit {
  let waiting: (() => Settle)[] = [];

  const commit = async (): Promise<void> => {
    await later();
    const group = waiting;
    waiting = [];
    try {
      for (const settle of transaction(() => group.map((write) => write()))) settle();
    } catch {
      for (const write of group) write()();
    }
  };

  return {
    run: (write) =>
      new Promise((resolve, reject) => {
        waiting.push(() => {
          try {
            const value = transaction(write);
            return () => resolve(value);
          } catch (error) {
            return () => reject(error);
          }
        });
        if (waiting.length === 1) void commit();
      }),
  };
}

/** Tells who waits; only called once it is certain what became of the write. */
type Settle = () => void;
