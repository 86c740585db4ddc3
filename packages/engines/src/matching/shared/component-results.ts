import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { z } from 'zod';

/** A match, an ignored match, or a package with alerts, as Grype wrote it; `place` says of which package of its component. */
export interface SharedMatch {
  readonly place: number;
  readonly match: GrypeMatchObject;
}

export interface SharedAlerts {
  readonly place: number;
  readonly alerts: GrypeAlertsObject;
}

/** What Grype found out about one component. Objects are shared by all images that ask: nobody may change them. */
export interface ComponentResult {
  readonly matches: readonly SharedMatch[];
  readonly ignoredMatches: readonly SharedMatch[];
  readonly alerts: readonly SharedAlerts[];
}

const Artifact = z.looseObject({ id: z.string() });
const MatchObject = z.looseObject({
  artifact: Artifact,
  vulnerability: z.looseObject({ id: z.string() }),
});
export type GrypeMatchObject = z.infer<typeof MatchObject>;
const AlertsObject = z.looseObject({ package: Artifact, alerts: z.array(z.unknown()) });
export type GrypeAlertsObject = z.infer<typeof AlertsObject>;

const RunDocument = z.object({
  matches: z.array(MatchObject),
  ignoredMatches: z.array(MatchObject).nullish(),
  alertsByPackage: z.array(AlertsObject).nullish(),
  distro: z.looseObject({}).optional(),
});

const nothing: ComponentResult = { matches: [], ignoredMatches: [], alerts: [] };

/**
 * Results of runs, kept in a file and by component. Memory: a place in the file for each component with a result, and the results that
 * were asked for last.
 */
export interface ComponentResults {
  /**
   * Takes what Grype wrote about a run of `MatchPlan`.
   * @throws ZodError, Error when the document is not one about these components
   */
  add(components: readonly string[], document: unknown): void;
  /** Undefined when no run asked about the component. */
  get(key: string): ComponentResult | undefined;
  close(): void;
}

/** @param cacheCharacters JSON text whose objects stay in memory; default 64 Mi, some 300 MB of objects. */
export function createComponentResults(file: string, cacheCharacters = 64 * 1024 * 1024): ComponentResults {
  const handle = openSync(file, 'wx+', 0o600);
  const places = new Map<string, { readonly start: number; readonly bytes: number } | undefined>();
  const cache = new Map<string, { readonly result: ComponentResult; readonly bytes: number }>();
  let end = 0;
  let cached = 0;

  const remember = (key: string, result: ComponentResult, bytes: number): void => {
    cache.set(key, { result, bytes });
    cached += bytes;
    for (const [oldest, entry] of cache) {
      if (cached <= cacheCharacters) return;
      cache.delete(oldest);
      cached -= entry.bytes;
    }
  };

  const read = (key: string): ComponentResult => {
    const place = places.get(key);
    if (place === undefined) return nothing;
    const known = cache.get(key);
    if (known !== undefined) {
      cache.delete(key);
      cache.set(key, known);
      return known.result;
    }
    const buffer = Buffer.allocUnsafe(place.bytes);
    if (readSync(handle, buffer, 0, place.bytes, place.start) !== place.bytes) throw new Error('a result is cut off');
    // Written by `add` alone, so its shape is known.
    const result = JSON.parse(buffer.toString('utf8')) as ComponentResult;
    remember(key, result, place.bytes);
    return result;
  };

  return {
    add: (components, document) => {
      const results = splitByComponent(components.length, document);
      const texts: Buffer[] = [];
      for (const [index, key] of components.entries()) {
        const result = results.get(index);
        if (result === undefined) {
          places.set(key, undefined);
          continue;
        }
        const text = Buffer.from(JSON.stringify(result));
        places.set(key, { start: end, bytes: text.length });
        end += text.length;
        texts.push(text);
      }
      for (const text of texts) writeSync(handle, text);
    },
    get: (key) => (places.has(key) ? read(key) : undefined),
    close: () => {
      closeSync(handle);
    },
  };
}

interface Building {
  readonly matches: SharedMatch[];
  readonly ignoredMatches: SharedMatch[];
  readonly alerts: SharedAlerts[];
}

function splitByComponent(count: number, document: unknown): Map<number, ComponentResult> {
  const { matches, ignoredMatches, alertsByPackage } = RunDocument.parse(document);
  const results = new Map<number, Building>();
  const locate = (id: string): { result: Building; place: number } => {
    const [, component, place] = /^(\d+)\.(\d+)$/.exec(id) ?? [];
    const index = Number(component ?? Number.NaN);
    if (place === undefined || !(index < count))
      throw new Error(`Grype answers about a package that it was not asked about: ${id}`);
    let result = results.get(index);
    if (result === undefined) results.set(index, (result = { matches: [], ignoredMatches: [], alerts: [] }));
    return { result, place: Number(place) };
  };
  for (const match of matches) {
    const { result, place } = locate(match.artifact.id);
    result.matches.push({ place, match });
  }
  for (const match of ignoredMatches ?? []) {
    const { result, place } = locate(match.artifact.id);
    result.ignoredMatches.push({ place, match });
  }
  for (const alerts of alertsByPackage ?? []) {
    const { result, place } = locate(alerts.package.id);
    result.alerts.push({ place, alerts });
  }
  return results;
}
