import { type LabelSelector, type Labels, selectorMatches } from '@kso/controls';
import type { ObjectRecord } from './port.ts';

/** Tells whether something has labels that a selector matches, without asking each: records are filed under their label pairs. */
export class LabelIndex {
  readonly #labels = new Map<ObjectRecord, Labels>();
  readonly #byPair = new Map<string, Set<ObjectRecord>>();

  add(record: ObjectRecord, labels: Labels): void {
    this.#labels.set(record, labels);
    for (const pair of Object.entries(labels)) {
      const key = pairKey(pair);
      const file = this.#byPair.get(key) ?? new Set();
      this.#byPair.set(key, file.add(record));
    }
  }

  remove(record: ObjectRecord): void {
    for (const pair of Object.entries(this.#labels.get(record) ?? {})) {
      const key = pairKey(pair);
      const file = this.#byPair.get(key);
      file?.delete(record);
      if (file?.size === 0) this.#byPair.delete(key);
    }
    this.#labels.delete(record);
  }

  hasMatch(selector: LabelSelector): boolean {
    const [pair] = selector.labels;
    const candidates = pair === undefined ? this.#labels.keys() : (this.#byPair.get(pairKey(pair)) ?? []);
    for (const record of candidates) {
      const labels = this.#labels.get(record);
      if (labels !== undefined && selectorMatches(selector, labels)) return true;
    }
    return false;
  }
}

function pairKey([key, value]: readonly [string, string]): string {
  return `${key}\u0000${value}`;
}
