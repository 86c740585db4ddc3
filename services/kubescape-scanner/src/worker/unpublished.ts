import type { ResourceResult } from '@kso/wire';
import type { Changes } from '../scan/session.ts';

/** Results that differ from what is stored, and batches of them that are on their way to the store. */
export class Unpublished {
  readonly #stored: Map<string, string>;
  readonly #changed = new Map<string, ResourceResult>();
  readonly #removed = new Set<string>();
  readonly #underway = new Map<number, Changes>();
  #nextBatch = 1;

  /** `stored`: resource id → idempotency key of the results that the store has. */
  constructor(stored: ReadonlyMap<string, string>) {
    this.#stored = new Map(stored);
  }

  /** True if the store had nothing at all: then there is nothing that could have changed since. */
  get startedEmpty(): boolean {
    return this.#stored.size === 0 && this.#underway.size === 0;
  }

  get isEmpty(): boolean {
    return this.#changed.size === 0 && this.#removed.size === 0;
  }

  add({ changed, removed }: Changes): void {
    for (const id of removed) {
      this.#changed.delete(id);
      if (this.#stored.has(id) || this.#isUnderway(id)) this.#removed.add(id);
    }
    for (const result of changed) {
      this.#removed.delete(result.resourceId);
      const same =
        this.#stored.get(result.resourceId) === result.idempotencyKey && !this.#isUnderway(result.resourceId);
      if (same) this.#changed.delete(result.resourceId);
      else this.#changed.set(result.resourceId, result);
    }
  }

  /** After the first evaluation: what the store has and the source has not is gone, and so is what was on its way there. */
  addVanished(exists: (id: string) => boolean): void {
    for (const id of this.#changed.keys()) if (!exists(id)) this.#changed.delete(id);
    for (const id of this.#stored.keys()) if (!exists(id)) this.#removed.add(id);
  }

  /** Takes up to `limit` changes out as one batch. */
  take(limit: number): { readonly batch: number; readonly changes: Changes } | undefined {
    if (this.isEmpty) return undefined;
    const changed = [...this.#changed.values()].slice(0, limit);
    const removed = [...this.#removed].slice(0, limit - changed.length);
    for (const { resourceId } of changed) this.#changed.delete(resourceId);
    for (const id of removed) this.#removed.delete(id);
    const batch = this.#nextBatch++;
    const changes = { changed, removed };
    this.#underway.set(batch, changes);
    return { batch, changes };
  }

  /** A batch was stored, or was not: then what has not changed again meanwhile is to be stored again. */
  settle(batch: number, ok: boolean): void {
    const changes = this.#underway.get(batch);
    this.#underway.delete(batch);
    if (changes === undefined) return;
    for (const result of changes.changed) {
      const id = result.resourceId;
      if (ok) this.#stored.set(id, result.idempotencyKey);
      else if (!this.#changed.has(id) && !this.#removed.has(id)) this.#changed.set(id, result);
    }
    for (const id of changes.removed) {
      if (ok) this.#stored.delete(id);
      else if (!this.#changed.has(id)) this.#removed.add(id);
    }
  }

  #isUnderway(id: string): boolean {
    for (const { changed } of this.#underway.values())
      if (changed.some(({ resourceId }) => resourceId === id)) return true;
    return false;
  }
}
