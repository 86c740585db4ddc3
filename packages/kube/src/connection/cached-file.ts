import { readFile } from 'node:fs/promises';
import type { Clock } from '@kso/kit';

/** Text of a file that may be replaced while we run (CA bundles, client certificates): read again when a minute old. */
export interface CachedFile {
  get(): Promise<string>;
}

const maxAgeMs = 60_000;

/** A file that cannot be read later keeps the text that is known; one that never could be read rejects. */
export function cachedFile(path: string, clock: Clock): CachedFile {
  let known: { readonly text: string; readonly readAt: number } | undefined;
  return {
    get: async () => {
      if (known !== undefined && clock.now() - known.readAt < maxAgeMs) return known.text;
      try {
        known = { text: await readFile(path, 'utf8'), readAt: clock.now() };
      } catch (error) {
        if (known === undefined) throw error;
      }
      return known.text;
    },
  };
}
