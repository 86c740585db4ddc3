import { EndLog, testJob } from '../conformance/harness.ts';
import type { JobQueue } from '../port.ts';

/** Twenty jobs at three moments around an outage, and how often each was run and told. */
export class TwentyEach {
  readonly runs = new Map<string, number>();
  readonly ends: EndLog;
  readonly #queue: JobQueue;
  readonly #adding: Promise<unknown>[] = [];

  constructor(producer: JobQueue, worker: JobQueue, handle: () => Promise<void> = async () => undefined) {
    this.#queue = producer;
    this.ends = new EndLog(producer);
    worker.work('test', { concurrency: 4 }, async (job) => {
      this.runs.set(job.key, (this.runs.get(job.key) ?? 0) + 1);
      await handle();
      return job.key;
    });
  }

  /** Does not wait: during an outage the adding takes as long as that. */
  add(when: string): Promise<unknown> {
    const work = async (): Promise<void> => {
      await this.#queue.openParent(when, {});
      for (let n = 0; n < 20; n += 1) await this.#queue.addChild(when, testJob({ key: `${when}-${n}` }));
      await this.#queue.sealParent(when);
    };
    const adding = work();
    this.#adding.push(adding);
    return adding;
  }

  /** Once the parents are complete: what is wrong with what their owner was told. */
  async faults(...parents: readonly string[]): Promise<string[]> {
    await Promise.all(this.#adding);
    for (const parent of parents) await this.ends.untilComplete(parent);
    return parents.flatMap((parent) => {
      const ends = this.ends.ends.filter((end) => end.parentId === parent);
      const different = new Set(ends.map((end) => end.child.key)).size;
      const succeeded = ends.filter((end) => end.child.state === 'succeeded').length;
      const right = ends.length === 20 && different === 20 && succeeded === 20;
      return right ? [] : [`${parent}: ${ends.length} ends, ${different} different, ${succeeded} succeeded`];
    });
  }

  get repeated(): string[] {
    return [...this.runs].filter(([, runs]) => runs > 1).map(([key]) => key);
  }
}
