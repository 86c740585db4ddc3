import { type LabelSelector, type Labels, selectorMatches } from '@kso/controls';
import type { ObjectRecord } from './port.ts';

/**
 * Finds the objects whose selector matches given labels, without asking each: an entry is filed under one of its label pairs, so
 * only the entries of the pairs at hand, and those without any pair, are compared.
 */
export class SelectorIndex {
  readonly #selectors = new Map<ObjectRecord, LabelSelector>();
  readonly #byPair = new Map<string, Set<ObjectRecord>>();
  readonly #unfiled = new Set<ObjectRecord>();

  add(record: ObjectRecord, selector: LabelSelector | undefined): void {
    if (selector === undefined) return;
    this.#selectors.set(record, selector);
    this.#fileOf(selector, true).add(record);
  }

  remove(record: ObjectRecord): void {
    const selector = this.#selectors.get(record);
    if (selector === undefined) return;
    this.#selectors.delete(record);
    this.#fileOf(selector, false).delete(record);
  }

  matching(labels: Labels): ObjectRecord[] {
    const candidates = [this.#unfiled, ...Object.entries(labels).map((pair) => this.#byPair.get(pairKey(pair)))];
    const found: ObjectRecord[] = [];
    for (const candidate of candidates) {
      for (const record of candidate ?? []) {
        const selector = this.#selectors.get(record);
        if (selector !== undefined && selectorMatches(selector, labels)) found.push(record);
      }
    }
    return found;
  }

  #fileOf(selector: LabelSelector, create: boolean): Set<ObjectRecord> {
    const [pair] = selector.labels;
    if (pair === undefined) return this.#unfiled;
    const key = pairKey(pair);
    const known = this.#byPair.get(key);
    if (known !== undefined) return known;
    const file = new Set<ObjectRecord>();
    if (create) this.#byPair.set(key, file);
    return file;
  }
}

function pairKey([key, value]: readonly [string, string]): string {
  return `${key}\u0000${value}`;
}
