import type { BasePorts } from '@kso/kit';
import { vi } from 'vitest';
import type { ChildEnd, JobQueue, JobRecord, NewJob } from '../port.ts';
import type { QueueSettings } from '../settings.ts';

/** One store (a Redis prefix, a journal file) for one test, and ways to open queues on it. */
export interface QueueHarness {
  /**
   * A queue on the harness's data with short times. For an adapter of one process the one before has to be closed.
   * The harness closes what a test leaves open.
   */
  open(options?: HarnessOptions): JobQueue;
  /** Arguments with which `worker-process.ts` opens the same data in another process. */
  readonly processArguments: readonly string[];
  /** Whether several processes may have the data open at once. */
  readonly shared: boolean;
  dispose(): Promise<void>;
}

export interface HarnessOptions extends QueueSettings {
  readonly ports?: Partial<BasePorts>;
}

/** For what no event tells of. Long enough for a machine that is busy with other things. */
export const patiently = { interval: 10, timeout: 15_000 };

/** Looks until there is an answer. */
export function until<T>(look: () => Promise<T> | T) {
  return vi.waitUntil(look, patiently);
}

let number = 0;

/** A job with a key of its own and no waiting between attempts. */
export function testJob(overrides: Partial<NewJob> = {}): NewJob {
  number += 1;
  const key = overrides.key ?? `key-${number}`;
  return { kind: 'test', key, payload: {}, priority: 'recurring', jobId: `job-of-${key}`, backoffMs: 0, ...overrides };
}

export function untilEnded(queue: JobQueue, key: string): Promise<JobRecord> {
  return until(async () => {
    const record = await queue.get(key);
    return record?.finishedAt !== undefined && record;
  });
}

/** Acknowledges every end and keeps it. */
export class EndLog {
  readonly ends: ChildEnd[] = [];
  readonly stop: () => Promise<void>;

  constructor(queue: JobQueue) {
    this.stop = queue.onChildEnd(async (end) => {
      this.ends.push(end);
    });
  }

  of(parentId: string): string[] {
    return this.ends.filter((end) => end.parentId === parentId).map((end) => end.child.key);
  }

  async untilCount(count: number): Promise<readonly ChildEnd[]> {
    return until(() => this.ends.length >= count && this.ends);
  }

  async untilComplete(parentId: string): Promise<void> {
    await until(() => this.ends.some((end) => end.parentId === parentId && end.complete));
  }
}

/** A promise and its key, for handlers that wait until the test lets them go. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}
