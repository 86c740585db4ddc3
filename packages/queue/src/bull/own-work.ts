import type { JsonObject } from '@kso/wire';
import type { ChildEnd, JobState } from '../port.ts';
import type { JobSpec } from '../shared/job-spec.ts';

interface OwnParent {
  readonly data: JsonObject;
  /** By key; the state in which it ended, once its end was acknowledged. */
  readonly children: Map<string, JobSpec | JobState>;
  sealed: boolean;
  cancelled: boolean;
  note: JsonObject | undefined;
}

/** Where lost work is put back. */
export interface Restorer {
  add(spec: JobSpec): Promise<void>;
  openParent(id: string, data: JsonObject): Promise<void>;
  addChild(parentId: string, spec: JobSpec): Promise<void>;
  addAcknowledged(parentId: string, key: string, state: JobState): Promise<void>;
  sealParent(id: string, note: JsonObject | undefined): Promise<void>;
  cancelParent(id: string): Promise<void>;
}

const most = 20_000;

/**
 * What this process has put into the queue and not seen ended. When Redis comes back without its data (a node lost, no persistence),
 * it is all that is known of that work, and it is put back. Bounded: beyond the limit the oldest is not remembered.
 */
export class OwnWork {
  readonly #jobs = new Map<string, JobSpec>();
  readonly #parents = new Map<string, OwnParent>();

  /** Called before Redis is: the news of a job's end may overtake the answer to its adding. */
  adding(run: string, spec: JobSpec): void {
    this.#jobs.set(run, spec);
    forgetOldest(this.#jobs);
  }

  ended(run: string): void {
    this.#jobs.delete(run);
  }

  opened(id: string, data: JsonObject): void {
    if (this.#parents.has(id)) return;
    this.#parents.set(id, { data, children: new Map(), sealed: false, cancelled: false, note: undefined });
    forgetOldest(this.#parents);
  }

  childAdded(parentId: string, spec: JobSpec): void {
    const children = this.#parents.get(parentId)?.children;
    if (children !== undefined && !children.has(spec.job.key)) children.set(spec.job.key, spec);
  }

  childAcknowledged({ parentId, child, complete }: ChildEnd): void {
    this.#parents.get(parentId)?.children.set(child.key, child.state);
    if (complete) this.#parents.delete(parentId);
  }

  sealed(id: string, note: JsonObject | undefined): void {
    const parent = this.#parents.get(id);
    if (parent === undefined) return;
    if (parent.children.size === 0) this.#parents.delete(id);
    parent.sealed = true;
    parent.note ??= note;
  }

  cancelled(id: string): void {
    this.sealed(id, undefined);
    const parent = this.#parents.get(id);
    if (parent !== undefined) parent.cancelled = true;
  }

  knowsParent(id: string): boolean {
    return this.#parents.has(id);
  }

  get runs(): readonly string[] {
    return [...this.#jobs.keys()];
  }

  get size(): number {
    return this.#jobs.size + this.#parents.size;
  }

  /**
   * What a worker has meanwhile finished and recorded is known to the new Redis and not run again: `reuse` succeeded. When `restorer`
   * throws, what is not back yet is still remembered, and all may be done again.
   */
  async restore(restorer: Restorer): Promise<void> {
    // Copies: the restorer remembers what it adds.
    const jobs = [...this.#jobs];
    const parents = [...this.#parents];
    for (const [run, spec] of jobs) {
      await restorer.add(reusing(spec));
      // It is back under a run of its own.
      this.#jobs.delete(run);
    }
    for (const [id, parent] of parents) {
      await restorer.openParent(id, parent.data);
      for (const [key, child] of parent.children) {
        if (typeof child === 'string') await restorer.addAcknowledged(id, key, child);
        else await restorer.addChild(id, reusing(child));
      }
      if (parent.sealed) await restorer.sealParent(id, parent.note);
      if (parent.cancelled) await restorer.cancelParent(id);
    }
  }
}

function reusing(spec: JobSpec): JobSpec {
  return { ...spec, job: { ...spec.job, reuse: 'succeeded' } };
}

/** Maps keep the order of insertion. */
function forgetOldest(map: Map<string, unknown>): void {
  if (map.size <= most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
